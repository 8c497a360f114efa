"""Changes that a conversation proposes: a code block put in its place, and plans over several files.

Nothing here writes by itself: an edit is proposed, and whoever asked applies it.
"""
