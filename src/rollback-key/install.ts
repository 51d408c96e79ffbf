import gate from './gate.sh'

const GATE = '/usr/local/lib/deploy-action/rollback-key'

export interface RollbackKey {
  readonly user: string
  readonly path: string
  readonly project: string
  readonly environmentFile: string
  /** "ssh-ed25519 AAAA…", without a comment. */
  readonly publicKey: string
}

/** What `authorized_keys` cannot hold in a command without quoting. */
export const isPlain = (word: string): boolean => /^[\w@%+=:,./-]+$/.test(word)

/** The commands that let in a key which may only look at one stack and roll it back, to be read and then run there as root. */
export const rollbackKeyScript = ({ user, path, project, environmentFile, publicKey }: RollbackKey): string => {
  const keys = `${user === 'root' ? '/root' : `/home/${user}`}/.ssh/authorized_keys`
  const line = `restrict,command="${GATE} ${path} ${project} ${environmentFile}" ${publicKey} deploy-action rollback`
  return `#!/bin/sh
# For a server that is deployed to, as root. Printed by deploy-action doctor --prepare --rollback-key, which runs nothing.
set -eu

# 1. What stands before the key, where the user who deploys cannot write: src/rollback-key/gate.sh
install -d -m 755 -o root -g root ${GATE.slice(0, GATE.lastIndexOf('/'))}
cat > ${GATE}.new << 'END OF THE GATE'
#!/bin/bash -p
${gate.trim()}
END OF THE GATE
chmod 755 ${GATE}.new
mv ${GATE}.new ${GATE}

# 2. The key. One that is there already without what stands before it would still be let in for everything.
if grep -F '${publicKey}' ${keys} | grep -vqxF '${line}'; then
  echo 'this key is in ${keys} already, with another right: take a new one, or that line out' >&2
  exit 1
fi
grep -qxF '${line}' ${keys} || echo '${line}' >> ${keys}
`
}
