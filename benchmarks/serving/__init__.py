"""`s2s-keras serve` under load: clients at the same time, clients that vanish, malformed bodies."""
