"""What is handed over of a study: documents, tables, pictures, and the data with a script that computes it again.

Bytes are made here and written elsewhere. Words come from outside, in the language asked for.
"""
