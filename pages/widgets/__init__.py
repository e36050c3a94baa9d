"""What the screens share: sign-in, theme, words and controls."""
