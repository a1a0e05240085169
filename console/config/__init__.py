"""console.toml to frozen settings; an error names the file, the key and the nearest valid one."""
