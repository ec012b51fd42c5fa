"""What must happen after a commit, written in the same transaction."""
