"""Changes of several files that a conversation proposes.

Nothing here writes by itself: an edit is proposed, and whoever asked applies it.
"""
