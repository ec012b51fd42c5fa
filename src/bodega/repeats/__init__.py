"""The same request again gets the first answer, and does nothing a second time."""
