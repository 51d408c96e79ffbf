import{n as e}from"./failure.js";const t=e=>e===`root`?`/root`:`/home/${e}`,n=e=>`${t(e)}/.ssh/authorized_keys`,r=e=>e===`root`?[]:[`id ${e} > /dev/null 2>&1 || useradd --create-home --shell /bin/bash --password '*' ${e}`,`usermod --append --groups docker ${e}`],i=e=>`install -d -m 700 -o ${e} -g ${e} ${t(e)}/.ssh`,a=({user:e,path:t,environmentFile:a,publicKey:o})=>{let s=n(e),c=o??`ssh-ed25519 PUBLIC_KEY`;return`#!/bin/sh
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
${r(e).join(`
`)}

# 3. The key: no forwarding, no terminal. What it runs comes with each deploy; for a key that may only go back: --rollback-key
${i(e)}
touch ${s}
grep -qF '${c}' ${s} || printf '\\n%s\\n' 'restrict ${c} deploy-action' >> ${s}
chown ${e}:${e} ${s}
chmod 600 ${s}

# 4. The directory, and the file with the secrets: fill it in
install -d -o ${e} -g ${e} ${t}
test -e ${t}/${a} || install -m 600 -o ${e} -g ${e} /dev/null ${t}/${a}

# 5. The host key, to compare with what ssh-keyscan says elsewhere
ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
`},o={pass:`pass`,warn:`warn`,fail:`FAIL`,unknown:`????`},s=({log:t},{check:n,result:r,sentence:i,mend:a})=>{t.info(`${o[r]}  ${n}: ${i}`);for(let n of e(a))t.info(`      ${n}`)};export{a,r as i,n,i as r,s as t};