"""The migrations, one file each, applied by storage/migrate.py in the order that they name."""
