"""Simulated people: they read what the bot shows them and answer by their character, on either platform.

They know nothing of the bot: only what is on the screen, and the words that anybody who speaks their language knows.
"""
