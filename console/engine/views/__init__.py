"""What the views of the screen show, as frozen data: one module a view, asked through the desk."""
