"""About twenty small components over the kit; each declares its props and refuses unknown ones."""
