"""Speed and memory of escore beside other tools, and where its time goes."""
