"""Many issues: chosen, made on this machine's cores or a cluster, and reported."""
