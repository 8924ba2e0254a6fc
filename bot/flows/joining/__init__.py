"""Joining a Partnership or an Alliance, and what follows from it."""
