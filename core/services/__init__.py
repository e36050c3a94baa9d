"""What the screens, the API and the daemon call; nothing else in core is public."""
