"""Progress reports: asked, given, corrected, and seen by everyone whom they concern."""
