"""Progress, cancellation and child processes for background work; standard library only."""
