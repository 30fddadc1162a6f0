"""Programs and their derivatives as something to look at: text, drawings."""
