-- The process that runs each background task that one process of many runs.
CREATE TABLE task_leases (
    name varchar(60) COLLATE "C" PRIMARY KEY,
    holder varchar(60) COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL
);
