"""Environment variables for each kind of shell: quoting, setting, and putting back."""
