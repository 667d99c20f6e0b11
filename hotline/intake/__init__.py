"""What comes in: any platform's export, read, cleaned, accounted for and merged into the archive."""
