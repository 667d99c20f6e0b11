"""A new center's first profile, drafted from its exports."""
