export interface PrepareQuestion {
  readonly user: string
  readonly path: string
  readonly environmentFile: string
  /** "ssh-ed25519 AAAA…"; null where no key was given. */
  readonly publicKey: string | null
}

const home = (user: string): string => (user === 'root' ? '/root' : `/home/${user}`)
/** Where sshd looks for the keys of a user: others have theirs there, too. */
export const authorizedKeys = (user: string): string => `${home(user)}/.ssh/authorized_keys`
/** A second time it changes nothing; nor does it for somebody who is there. */
export const makeUser = (user: string): readonly string[] =>
  user === 'root'
    ? []
    : [
        `id ${user} > /dev/null 2>&1 || useradd --create-home --shell /bin/bash --password '*' ${user}`,
        `usermod --append --groups docker ${user}`,
      ]
export const makeKeyFolder = (user: string): string => `install -d -m 700 -o ${user} -g ${user} ${home(user)}/.ssh`

/**
 * The commands that make a fresh Debian server ready, to be read and then run there as root.
 * The engine as docs.docker.com/engine/install/debian installs it.
 */
export const prepareScript = ({ user, path, environmentFile, publicKey }: PrepareQuestion): string => {
  const keys = authorizedKeys(user)
  const key = publicKey ?? 'ssh-ed25519 PUBLIC_KEY'
  return `#!/bin/sh
# For a fresh Debian server, as root. Printed by deploy-action doctor --prepare, which runs nothing.
set -eu

# 1. Docker with compose, from Docker's own packages
apt-get update
apt-get install --yes ca-certificates curl bash util-linux
install -d -m 755 /etc/apt/keyrings
curl -fsSL https://download.docker.com/linux/debian/gpg -o /etc/apt/keyrings/docker.asc
echo "deb [arch=$(dpkg --print-architecture) signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian $(. /etc/os-release && echo "$VERSION_CODENAME") stable" > /etc/apt/sources.list.d/docker.list
apt-get update
apt-get install --yes docker-ce docker-ce-cli containerd.io docker-compose-plugin
systemctl enable --now docker
timedatectl set-ntp true

# 2. The user who deploys: without a password, in the group docker (which makes it as powerful as root here)
${makeUser(user).join('\n')}

# 3. The key: no forwarding, no terminal. What it runs comes with each deploy; for a key that may only go back: --rollback-key
${makeKeyFolder(user)}
touch ${keys}
grep -qF '${key}' ${keys} || printf '\\n%s\\n' 'restrict ${key} deploy-action' >> ${keys}
chown ${user}:${user} ${keys}
chmod 600 ${keys}

# 4. The directory, and the file with the secrets: fill it in
install -d -o ${user} -g ${user} ${path}
test -e ${path}/${environmentFile} || install -m 600 -o ${user} -g ${user} /dev/null ${path}/${environmentFile}

# 5. The host key, to compare with what ssh-keyscan says elsewhere
ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
`
}
