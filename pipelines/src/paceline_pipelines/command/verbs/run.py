"""x"""
def run(): 
    """X."""
