"""Ways out of the machine that pass the outbound guard at every connection they make."""
