/**
 * What people get wrong, and what servers are found in. Written down before anything was tried: each gives one screen that
 * says what is wrong and what comes next, which is a command that clears it, run as it is printed, or a person's to do.
 */
export interface Wrong {
  /** Also the name of its screen in `golden/`. */
  readonly name: string
  readonly what: string
  /** `command`: run as it is printed. `person`: only somebody who knows the project, its secrets or the server can. */
  readonly mends: 'command' | 'person'
}

/** Seen here, before any connection. */
export const CONFIGS: readonly Wrong[] = [
  { name: 'no-config', what: 'there is no deploy.yml', mends: 'command' },
  { name: 'no-commit', what: 'the folder is no git repository', mends: 'command' },
  { name: 'unknown-option', what: 'an option is misspelt', mends: 'command' },
  { name: 'unknown-key', what: 'a key of the config is misspelt', mends: 'person' },
  { name: 'wrong-type', what: 'a number is a word', mends: 'person' },
  { name: 'two-errors', what: 'two things are wrong at once', mends: 'person' },
  { name: 'missing-variable', what: 'a variable that the config reads is not set', mends: 'person' },
  { name: 'no-such-environment', what: 'an environment is misspelt on the command line', mends: 'command' },
  { name: 'which-environment', what: 'there are two environments, and none was named', mends: 'command' },
  { name: 'hard-coded-image', what: 'the compose file says which image runs, and nothing may change it', mends: 'person' },
  { name: 'no-such-folder', what: 'a folder that is to be brought does not exist', mends: 'person' },
  { name: 'no-key', what: 'no SSH key is given', mends: 'person' },
  { name: 'half-a-key', what: 'the SSH key was cut on its way', mends: 'person' },
  { name: 'nothing-pinned', what: 'no host key is pinned', mends: 'person' },
  { name: 'two-heads', what: 'two branches each brought a migration', mends: 'person' },
]

/** Seen on a server. */
export const STATES: readonly Wrong[] = [
  { name: 'start-first-fixed-port', what: 'a service is to start beside its old self, with a port of the server', mends: 'person' },
  { name: 'one-and-replicas', what: 'a service that may exist once has two replicas', mends: 'person' },
  { name: 'not-published', what: 'nothing was built of this commit', mends: 'command' },
  { name: 'other-host-key', what: 'the server has another host key than the pinned one', mends: 'person' },
  { name: 'key-not-accepted', what: 'the server does not know the key', mends: 'command' },
  { name: 'not-reachable', what: 'nothing listens on the port', mends: 'person' },
  { name: 'no-docker-group', what: 'the user may not use Docker', mends: 'command' },
  { name: 'engine-not-running', what: 'Docker does not run', mends: 'command' },
  { name: 'no-compose', what: 'Docker has no compose', mends: 'person' },
  { name: 'directory-of-root', what: 'the directory belongs to root', mends: 'command' },
  { name: 'directory-impossible', what: 'the directory cannot be made', mends: 'command' },
  { name: 'disk-full', what: 'the disk is full', mends: 'person' },
  { name: 'no-environment-file', what: 'the environment file does not exist', mends: 'command' },
  { name: 'missing-in-environment-file', what: 'a key of the environment file is missing', mends: 'person' },
  { name: 'readable-environment-file', what: 'everybody on the server may read the environment file', mends: 'command' },
  { name: 'registry-password', what: 'the password of the registry is wrong', mends: 'person' },
  { name: 'not-in-registry', what: 'the image is not in the registry any more', mends: 'person' },
  { name: 'port-of-a-container', what: 'the port is taken by a container of somebody else', mends: 'command' },
  { name: 'port-of-a-program', what: 'the port is taken by a program', mends: 'person' },
  { name: 'container-name-taken', what: 'a container of another project has the name that this one asks for', mends: 'command' },
  { name: 'no-external-network', what: 'a network that others make is not there', mends: 'command' },
  { name: 'lock-held', what: 'another deploy is at work', mends: 'person' },
  { name: 'left-running', what: 'a migration of a dead run still runs', mends: 'command' },
  { name: 'migration-fails', what: 'the migration fails', mends: 'person' },
  { name: 'never-healthy', what: 'the new version never becomes healthy', mends: 'person' },
  { name: 'drift', what: 'somebody changed what runs, by hand', mends: 'command' },
  { name: 'stale', what: 'an older commit than the one that serves', mends: 'command' },
  { name: 'unfinished', what: 'a run was killed half way', mends: 'command' },
  { name: 'broken', what: 'going back failed, too', mends: 'command' },
  { name: 'corrupted-backup', what: 'the file of a backup is not what it was', mends: 'person' },
]
