"""The review room: decide about accounts and assign what comes next."""
