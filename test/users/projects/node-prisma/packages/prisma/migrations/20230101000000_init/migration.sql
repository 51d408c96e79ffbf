CREATE TABLE link (id serial PRIMARY KEY);
