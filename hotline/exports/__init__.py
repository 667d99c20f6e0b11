"""How a file of a hotline's platform becomes rows of the archive, and what a new center's file tells about it."""
