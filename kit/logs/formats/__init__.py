"""The formats of logs, one file each; `kit.logs.formats.registry` holds them all."""
