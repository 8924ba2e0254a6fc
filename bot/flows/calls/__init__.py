"""The secretariat writes calls for engagement, sends them, and sees what came of them."""
