CREATE TABLE things (
  id text
  --{{slot "disk/columns"}}
);
