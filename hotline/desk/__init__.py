"""The analyst's desk: a workspace brought to a new release, JupyterLab, an issue opened, one issue's own words."""
