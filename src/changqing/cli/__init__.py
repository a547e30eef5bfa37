"""The console door: the command `changqing`.

Each command is a thin reading of its words into a call of a journey, a query or an action."""
