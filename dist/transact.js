import{i as e}from"./rolldown-runtime.js";import{t}from"./dist.js";import{n,t as r}from"./errors.js";import{n as i,t as a}from"./known-hosts.js";import{t as o}from"./ports.js";import{t as s}from"./quote.js";import{t as c}from"./private-key.js";import{n as l,t as u}from"./git.js";import{t as d}from"./archive.js";import f from"node:net";import{gzipSync as p}from"node:zlib";import{createHash as m,randomBytes as h}from"node:crypto";import{hostname as g,userInfo as ee}from"node:os";import{StringDecoder as te}from"node:string_decoder";import{setImmediate as ne}from"node:timers/promises";const re=(e,t)=>e.hooks[t].filter(({on:e})=>e===`server`).map(({name:e,run:n,directory:r,timeout:i,onFailure:a})=>({kind:`hook`,cause:`the config asks for it at ${t}`,name:e,argv:n,directory:r??`.`,timeout:i,onFailure:a})),ie=(e,t)=>e.flatMap(e=>{let n=oe(e,t),r=ae(e,n,t);return r===null?[]:[{kind:`seed`,name:e.name,cause:r,hash:n,timeout:e.timeout,run:_(e.service,e.entrypoint,e.run)}]}),ae=(e,t,n)=>{let r=n.seeds.filter(({name:t})=>t===e.name);return e.policy===`always`?`runs at every deploy`:r.length===0?`has not run here yet`:e.policy===`on-change`&&r.at(-1)?.hash!==t?`its content changed`:null},oe=(e,t)=>m(`sha256`).update(JSON.stringify([e.service,e.entrypoint??null,e.run,e.files.map(e=>t.brought[e]??null)])).digest(`hex`).slice(0,16),_=(e,t,n)=>t===void 0?[e,...n]:[`--entrypoint`,t[0]??``,e,...t.slice(1),...n],se=(e,t,n,r)=>{let{migrate:i}=e;if(i===void 0||!r)return[];let a=n?.services[i.service];if(a!==void 0&&a.digest===t[a.image]?.digest)return[];let o=n===null?`the first release here`:`${i.service} has a new image`;if(i.preset===`alembic`)return[{kind:`migrate`,tool:`alembic`,cause:o,timeout:i.timeout,run:_(i.service,[`python3`,`-c`,ce,i.config??``],[])}];let s=e=>i.current===void 0?[]:[{kind:`schema`,when:e,cause:`the revision belongs to the release`,timeout:6e4,run:_(i.service,i.entrypoint,i.current)}];return[...s(`before`),{kind:`migrate`,tool:`command`,cause:o,timeout:i.timeout,run:_(i.service,i.entrypoint,i.up??[])},...s(`after`)]},ce=`import os, sys
from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
config = Config(sys.argv[1] or os.environ.get("ALEMBIC_CONFIG") or "alembic.ini")
script = ScriptDirectory.from_config(config)
def revisions():
    found = []
    def look(revision, context):
        found.extend([revision] if isinstance(revision, str) else revision)
        return []
    with EnvironmentContext(config, script, fn=look, dont_mutate=True):
        script.run_env()
    return found
def tell(when, found):
    print("deploy-action: " + when + " " + (",".join(sorted(found)) or "base"), flush=True)
before = revisions()
tell("before", before)
if set(before) != set(script.get_heads()):
    command.upgrade(config, "head")
tell("after", revisions())`,le=e=>{let t=[],n=(r,i)=>{if(!(t.includes(r)||i.includes(r.service))){for(let t of e)r.after.includes(t.service)&&n(t,[...i,r.service]);t.push(r)}};for(let t of e.filter(({exactly:e})=>!e))n(t,[]);for(let t of e)n(t,[]);return[...t.filter(({exactly:e})=>!e),...t.filter(({exactly:e})=>e)]},ue={grace:0,interval:500,retries:1e4,deadline:6e4},v=({services:e},t)=>Object.hasOwn(e,t)?e[t]:void 0,y=(e,t)=>{let n=e===void 0?{kind:`auto`}:pe(e.health),r=n.kind===`auto`&&!(t?.healthcheck??!1),{grace:i,interval:a,retries:o,deadline:s}=e?.health??ue;return{ask:n,grace:i,interval:a,retries:o,deadline:s,stable:e?.stable??(r?1e4:0)}},de=e=>({...ue,deadline:12e4,...e===void 0?{}:y(e,void 0),stable:e?.stable??0,ask:e===void 0?{kind:`auto`}:pe(e.health)}),fe=e=>e.ask.kind===`auto`?e:{...e,stable:0},pe=e=>e.http===void 0?e.exec===void 0?e.log===void 0?{kind:`auto`}:{kind:`log`,text:e.log}:{kind:`exec`,argv:e.exec}:b(e.http),b=e=>({kind:`http`,port:e.port,path:e.path,status:e.status,contains:e.contains??null,patterns:Object.entries(e.json).map(([e,t])=>me(e,t))}),me=(e,t)=>`${he(JSON.stringify(e))}[[:space:]]*:[[:space:]]*${he(JSON.stringify(t))}[[:space:]]*[],}]`,he=e=>e.replaceAll(/[\\^$.*+?()[\]{}|]/g,`\\$&`),ge=(e,t,n)=>{let r=x(n),i=ve(n),a=be(e,t,n,i.changed),o=a.filter(({cause:e})=>e!==null),s=we(e,t,n,i.changed),c=e.kind===`deploy`&&e.seeds?ie(e.config.seed,n):[],l=r!==null&&r.commit===e.commit&&e.kind===`deploy`,u=o.length===0&&s.start.length===0&&s.restart.length===0&&i.changed.length+i.removed.length===0&&c.length===0,d=Math.max(0,...n.releases.map(e=>e.number))+1,f={kind:e.kind,release:`${d}-${e.commit.slice(0,7)}`,previous:n.current,fallback:e.kind===`rollback`?e.record?.fallback??null:n.current};return u&&(l||e.kind===`rollback`&&(r?.of??r?.id)===e.record?.id)?{...f,steps:[]}:{...f,steps:_e({target:e,observed:n,current:r,files:i,wanted:a,changing:o,infrastructure:s,seeds:c})}},_e=({target:e,observed:t,current:n,files:r,wanted:i,changing:a,infrastructure:o,seeds:s})=>{let{config:c,kind:l}=e,u=e=>l===`deploy`?re(c,e):[],d=le(a),f=d.filter(({exactly:e})=>e),p=l===`deploy`?se(c,e.images,n,a.length>0||s.length>0):[],m=[.../* @__PURE__ */ new Set([...i.map(({service:t})=>e.images[e.ownership[t]??``]?.reference??``),...o.images])].filter(e=>e!==``&&!t.present.includes(e)),h=a.map(({service:e,compose:t,containers:n})=>({name:e,scale:n.length+t.replicas})),g=Object.fromEntries(i.map(({service:e,digest:t})=>[e,t]));return[...u(`beforeDeploy`),...m.length>0?[{kind:`pull`,cause:`not on the server yet`,references:m}]:[],{kind:`files`,cause:ye(r),changed:r.changed,removed:r.removed},...o.start,...h.length>0?[{kind:`create`,cause:`made beside those that run, so that the gap is short`,services:h}]:[],...p.length>0?[...u(`beforeMigrate`),...p,...u(`afterMigrate`)]:[],...h.length>0?[{kind:`await-created`,cause:`nothing that serves is touched before they are there`,services:h.map(({name:e})=>e)}]:[],...u(`beforeSwitch`),...o.restart,...d.filter(({exactly:e})=>!e).map(e=>T(e,n)),...s,...f.map(e=>T(e,n)),...u(`afterSwitch`),...Ce(e),{kind:`verify`,cause:`what runs is compared with what was wanted`,services:g},...Se(a),...u(`afterDeploy`),{kind:`commit`,cause:`healthy: from here on it is the current release`},{kind:`tidy`,cause:`${c.keep} releases are kept`,keep:c.keep,services:Object.fromEntries(a.map(({service:t})=>[t,e.containerNames[t]??``]))}]},x=e=>e.releases.find(({id:t})=>t===e.current)??null,ve=e=>({changed:Object.keys(e.brought).filter(t=>e.files[t]!==e.brought[t]),removed:e.manifest.filter(t=>e.brought[t]===void 0&&e.files[t]!==void 0)}),ye=({changed:e,removed:t})=>e.length+t.length===0?`files are as wanted`:[...e.slice(0,5).map(e=>`${e} differs`),...t.slice(0,5).map(e=>`${e} is no longer brought`)].join(`, `)+(e.length+t.length>10?`, …`:``),S=(e,t,n)=>n.find(n=>t.binds.some(({source:t})=>t===`${e}/${n}`||`${e}/${n}`.startsWith(`${t.replace(/\/$/,``)}/`))),be=(e,t,n,r)=>Object.entries(e.ownership).flatMap(([i,a])=>{let o=t.services[i];if(o===void 0||o.replicas===0||C(i,t))return[];let s=e.images[a]?.digest??``,c=n.containers.filter(e=>e.service===i&&!e.oneOff),l=c.filter(({state:e})=>e===`running`||e===`restarting`),u=v(e.config,i),d=e.record?.services[i];return[{service:i,compose:o,digest:s,readiness:d===void 0?y(u,o):fe(d.readiness),order:d?.order??u?.order??`stop-first`,exactly:d?.exactly??u?.exactly===1,after:d?.after??[...u?.after??[],...Object.keys(o.dependsOn)],containers:c,running:l,cause:xe({service:i,compose:o,digest:s,containers:c,running:l,observed:n,mounted:S(e.path,o,r)})}]}),C=(e,t)=>Object.values(t.services).some(({dependsOn:t})=>t[e]===`service_completed_successfully`),xe=({service:e,compose:t,digest:n,containers:r,running:i,observed:a,mounted:o})=>r.length===0?`does not exist yet`:i.length===0?`does not run`:i.some(e=>!w(e,n,a))?`image changed`:a.recordedHashes[e]===a.hashes[e]?i.length!==t.replicas||r.length!==t.replicas?`${i.length} of ${t.replicas} run`:i.some(({state:e,health:t})=>e===`restarting`||t===`unhealthy`)?`is not healthy`:o===void 0?null:`${o} changed, which it mounts`:`configuration changed`,w=(e,t,n)=>e.imageId===t||(n.imageDigests[e.imageId]??[]).some(e=>e.endsWith(`@${t}`)),T=(e,t)=>({kind:`switch`,cause:e.cause??``,service:e.service,order:e.order,old:e.running.map(({id:e})=>e),policy:e.running[0]?.policy||`no`,readiness:e.readiness,readinessBefore:t?.services[e.service]?.readiness??e.readiness}),Se=e=>{let t=e.filter(({readiness:e})=>e.stable>0).map(({service:e})=>e);return t.length===0?[]:[{kind:`stable`,cause:`ready is not enough: no restart during the window`,services:t}]},Ce=({config:e,record:t})=>t===null?e.smoke.map(({name:e,service:t,http:n,run:r,retries:i,timeout:a})=>({kind:`smoke`,cause:`the config asks for it`,name:e,service:t,ask:n===void 0?{kind:`exec`,argv:r??[]}:b(n),retries:i,timeout:a})):t.smoke.map(e=>({kind:`smoke`,cause:`this release was deployed with it`,...e})),we=(e,t,n,r)=>{let i=Object.entries(t.services).filter(([n])=>e.ownership[n]===void 0&&!C(n,t)),a=i.flatMap(([e,t])=>{let r=Te(e,t,n);return r===null?[]:[{name:e,compose:t,cause:r}]}),o=i.flatMap(([t,n])=>{let i=a.some(e=>e.name===t)?void 0:S(e.path,n,r);return i===void 0?[]:[{kind:`restart`,service:t,cause:`${i} changed, which it mounts`}]}),s=[];a.length>0&&s.push({kind:`infrastructure`,services:a.map(({name:e})=>e),cause:a.map(({name:e,cause:t})=>`${e} ${t}`).join(`, `)});for(let{name:t}of a)s.push({kind:`await`,service:t,cause:`what depends on it comes next`,readiness:de(v(e.config,t))});return{start:s,restart:o,images:a.map(({compose:e})=>e.image)}},Te=(e,t,n)=>{let r=n.containers.filter(({service:t,oneOff:n})=>t===e&&!n),i=r.filter(({state:e})=>e===`running`);return r.length===0?`does not exist yet`:i.length<t.replicas?`does not run`:n.recordedHashes[e]===n.hashes[e]?i.some(({health:e})=>e!==null&&e!==`healthy`)?`is not healthy`:null:`configuration changed`};var E=`# How the engine is asked, for the fixed part and for the program alike.

# Only what is named here comes from the environment, so that no variable of a login shell beats the environment file.
# Ended after $time_limit seconds where that is set.
isolated() {
  \${time_limit:+timeout} \${time_limit:+-k} \${time_limit:+10} \${time_limit:+"$time_limit"} \\
    env -i PATH="$PATH" HOME="\${HOME:-/}" LC_ALL=C \\
    \${DOCKER_HOST:+"DOCKER_HOST=$DOCKER_HOST"} \${DOCKER_CONTEXT:+"DOCKER_CONTEXT=$DOCKER_CONTEXT"} \\
    \${DOCKER_CONFIG:+"DOCKER_CONFIG=$DOCKER_CONFIG"} \${XDG_RUNTIME_DIR:+"XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"} \\
    \${SSL_CERT_FILE:+"SSL_CERT_FILE=$SSL_CERT_FILE"} \${HTTPS_PROXY:+"HTTPS_PROXY=$HTTPS_PROXY"} \${NO_PROXY:+"NO_PROXY=$NO_PROXY"} \\
    "$@"
}

# One JSON object a line for each container of the project, also stopped ones; docker's own json quotes the values.
CONTAINER='{"id":{{json .ID}},"name":{{json .Name}},"service":{{json (index .Config.Labels "com.docker.compose.service")}},"oneoff":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"image":{{json .Config.Image}},"imageId":{{json .Image}},"state":{{json .State.Status}},"started":{{json .State.StartedAt}},"restarts":{{.RestartCount}},"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}},"policy":{{json .HostConfig.RestartPolicy.Name}},"hostname":{{json .HostnamePath}},"ports":{{json .HostConfig.PortBindings}},"mounts":{{json .Mounts}}}'
containers() {
  # shellcheck disable=SC2046 # ids hold no blanks
  set -- $(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project")
  [ $# = 0 ] || docker inspect --format "$CONTAINER" "$@"
}
# Everything of a service that is not a one-off run, also what is stopped.
of_service() {
  docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \\
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False
}
`;const D={"ssh-ed25519":[`ssh-ed25519`],"ecdsa-sha2-nistp256":[`ecdsa-sha2-nistp256`],"ecdsa-sha2-nistp384":[`ecdsa-sha2-nistp384`],"ecdsa-sha2-nistp521":[`ecdsa-sha2-nistp521`],"ssh-rsa":[`rsa-sha2-512`,`rsa-sha2-256`]},O=Object.keys(D),k=e=>`SHA256:${m(`sha256`).update(e).digest(`base64`).replace(/=+$/,``)}`,Ee=e=>{let t=e.length<4?0:e.readUInt32BE(0),n=e.subarray(4,4+Math.min(t,64)).toString(`latin1`);return{type:O.includes(n)?n:`unknown`,fingerprint:k(e)}},De=(e,t)=>t.keys.some(t=>Buffer.from(t.blob,`base64`).equals(e))||t.fingerprints.includes(k(e)),Oe=e=>{let t=O.filter(t=>e.keys.some(e=>e.type===t));return e.fingerprints.length>0||t.length===0?O:t},A=e=>O.filter(t=>!e.has(t)),ke=e=>e.flatMap(e=>D[e]??[]),Ae=e=>[...e.keys.map(e=>`pinned: ${e.type} ${k(Buffer.from(e.blob,`base64`))}`),...e.fingerprints.map(e=>`pinned: ${e}`)],j=({host:e,port:t})=>{let n=M(e);return n.includes(`:`)?`[${n}]:${t}`:`${n}:${t}`},M=e=>e.replace(/^\[(.*)\]$/,`$1`),je={name:({host:e})=>`getent hosts ${M(e)}   (and check \`host\` of the environment in deploy.yml)`,tcp:({host:e,port:t})=>`nc -vz -w 10 ${M(e)} ${t}   (and check on the server: systemctl status ssh, the firewall, \`port\` in deploy.yml)`,banner:({host:e,port:t})=>`ssh -v -p ${t} ${M(e)}   (an overloaded sshd, MaxStartups, fail2ban, or no sshd at all on this port)`,"key exchange":({host:e,port:t})=>`ssh -vv -p ${t} ${M(e)} 2>&1 | grep -i kex   (and on the server: journalctl -u ssh -n 20)`,authentication:()=>`journalctl -u ssh -n 20   (on the server)`},Me=(e,t,n)=>{let r=j(e);return{stage:t,sentence:{banner:`${r} accepts the connection, then says nothing`,"key exchange":`the key exchange with ${r} does not come to its end`,authentication:`${r} does not answer our authentication within ${n.authenticationTimeoutMs/1e3} s`}[t],detail:``}},Ne=(e,t,n)=>{let r=j(e);return{stage:t,sentence:{banner:`${r} accepts the connection and closes it without a word`,"key exchange":`the key exchange with ${r} failed`,authentication:`${r} closed the connection during authentication`}[t],detail:n}},Pe=(e,t,n)=>{let r=`${e.user}@${j(e)}`;return t===null?`${r} closed the connection`:t.level===`client-timeout`?`no sign of life from ${r} for ${n.keepaliveMs*(n.keepaliveMisses+1)/1e3} s`:`the connection to ${r} broke: ${t.message}`},Fe=(e,t)=>{let n=t.at(-1)??{stage:`tcp`,sentence:`was not tried`,detail:``},i=t.map(({sentence:e,detail:t},n)=>`attempt ${n+1}: ${e}${t?` (${t})`:``}`);return new r(`CONNECT`,`${e.user}@${j(e)} is not reached: ${n.sentence}`,{hint:je[n.stage](e),evidence:i})},Ie=(e,t)=>{let[n]=t,i=n?`${n.type} ${n.fingerprint}`:`no key`;return new r(`HOSTKEY`,`${j(e)} offers ${i}, which is not pinned`,{hint:Le(n),evidence:[...t.map(({type:e,fingerprint:t})=>`offered: ${e} ${t}`),...Ae(e.pins)]})},Le=e=>`at the server's own console: ssh-keygen -lf /etc/ssh/ssh_host_${/ed25519|ecdsa|rsa/.exec(e?.type??``)?.[0]??`ed25519`}_key.pub   (the same fingerprint: pin it in \`fingerprint\` or \`knownHosts\`; another one: somebody is in between, do not connect)`,Re=(e,t,n)=>{let i=`${t.type} ${t.fingerprint}`,a=n.partial?`accepts our key ${i} and asks for more`:`refuses our key ${i}`,o=n.methods?n.methods.join(`, `)||`nothing`:`unknown`,s=n.banner.split(`
`).map(e=>e.trim());return new r(`AUTH`,`${e.user}@${j(e)} ${a}`,{hint:ze(e,t,n),evidence:[`the server accepts: ${o}`,n.detail,...s].filter(Boolean)})},ze=({user:e},{publicLine:t},{methods:n,partial:r})=>r?`allow the key alone for ${e}: AuthenticationMethods publickey in the server's sshd_config`:n&&!n.includes(`publickey`)?`PubkeyAuthentication yes in the server's sshd_config`:`on the server: echo '${t} deploy' >> ~${e}/.ssh/authorized_keys   (is it there already: ls -ld ~${e} ~${e}/.ssh ~${e}/.ssh/authorized_keys, none writable by others)`,Be=(e,t)=>new r(`CONNECT`,`${e.user}@${j(e)} accepts our key and refuses to run a command`,{hint:`on the server: getent passwd ${e.user}; grep -n 'command=\\|restrict' ~${e.user}/.ssh/authorized_keys; sshd -T | grep -i 'maxsessions\\|forcecommand'`,evidence:[t]}),Ve={connectTimeoutMs:1e4,authenticationTimeoutMs:2e4,backoffMs:[500,2e3],keepaliveMs:5e3,keepaliveMisses:3,maxLineBytes:65536,maxQueuedBytes:1048576,maxStderrBytes:65536};var He=class{#e;#t=[];#n=0;#r=!1;constructor(e){this.#e=e}push(e){let t=[],n=0;for(let r=e.indexOf(10);r>=0;r=e.indexOf(10,n))this.#i(e.subarray(n,r)),t.push(this.#a()),n=r+1;return this.#i(e.subarray(n)),t}end(){return this.#n>0||this.#r?[this.#a()]:[]}#i(e){let t=this.#e-this.#n;if(e.length>t&&(this.#r=!0),e.length===0||t===0)return;let n=Buffer.from(e.subarray(0,t));this.#t.push(n),this.#n+=n.length}#a(){let e=this.#t.length===1&&this.#t[0]?this.#t[0]:Buffer.concat(this.#t),t=this.#r?`${new te(`utf8`).write(e)}…`:e.toString(`utf8`);return this.#t=[],this.#n=0,this.#r=!1,t}},Ue=class{#e;#t;#n=[];#r=0;#i=0;#a=!1;#o=!1;#s=!1;#c=()=>{};constructor(e,t){this.#e=e,this.#t=t}push(e){if(!(this.#s||e.length===0)){for(let t of e)this.#n.push(t),this.#i+=t.length+64;!this.#a&&this.#i>this.#t&&(this.#a=!0,this.#e.pause()),this.#c()}}end(){this.#o=!0,this.#c()}async*[Symbol.asyncIterator](){try{for(;;){let e=this.#l();if(e!==void 0)yield e;else if(this.#o)return;else await new Promise(e=>this.#c=e)}}finally{this.#u()}}#l(){let e=this.#n[this.#r];if(e!==void 0)return this.#r+=1,this.#i-=e.length+64,(this.#r===this.#n.length||this.#r>=4096)&&(this.#n=this.#n.slice(this.#r),this.#r=0),this.#i<this.#t/2&&this.#d(),e}#u(){this.#s=!0,this.#n=[],this.#r=0,this.#i=0,this.#d()}#d(){this.#a&&(this.#a=!1,this.#e.resume())}},We=class{#e;#t=[];#n=0;constructor(e){this.#e=e}push(e){this.#t.push(Buffer.from(e)),this.#n+=e.length,(this.#n>2*this.#e||this.#t.length>1024)&&this.#r()}text(){this.#r();let e=this.#t[0]??Buffer.alloc(0);return e.subarray(Ge(e)).toString(`utf8`)}#r(){let e=Buffer.concat(this.#t),t=e.length>this.#e?Buffer.from(e.subarray(-this.#e)):e;this.#t=[t],this.#n=t.length}};const Ge=e=>{let t=e.subarray(0,4).findIndex(e=>(e&192)!=128);return Math.max(t,0)},Ke=(e,t,n)=>{let r=new We(n.maxStderrBytes);return e.stderr.on(`data`,e=>r.push(e)),e.on(`error`,()=>{}),{write:t=>{e.writable&&e.write(t)},end:()=>{e.writable&&e.end()},lines:qe(e,t.socket,n),stderr:()=>r.text(),ended:Ye(e,t)}},N=e=>({write:()=>{},end:()=>{},lines:(async function*(){})(),stderr:()=>``,ended:Promise.resolve({kind:`lost`,reason:e})}),qe=(e,t,n)=>{let r=new He(n.maxLineBytes),i=new Ue(Je(e,t),n.maxQueuedBytes);return e.on(`data`,e=>i.push(r.push(e))),e.once(`end`,()=>{i.push(r.end()),i.end()}),i},Je=(e,t)=>(t.on(`data`,()=>{e.isPaused()&&e.readableLength>8388608&&t.pause()}),{pause:()=>e.pause(),resume:()=>{e.resume(),t.isPaused()&&t.resume()}}),Ye=(e,{client:t,whyLost:n})=>new Promise(r=>{let i=null;e.once(`exit`,(e,t)=>{i=e===null?{kind:`signal`,signal:t??`unknown`}:{kind:`exit`,code:e}}),e.once(`close`,()=>r(i??{kind:`lost`,reason:`the server closed the channel without telling how the command ended`})),t.once(`close`,()=>r(i??{kind:`lost`,reason:n()}))}),Xe=(e,t)=>{let n=t(e.reveal()),r=Array.isArray(n)?n[0]:n;if(r instanceof Error)throw P(r.message);if(!r.isPrivateKey())throw P(`it is a public key`);let i=r.getPublicSSH();return{key:Ze(r),type:r.type,fingerprint:k(i),publicLine:`${r.type} ${i.toString(`base64`)}`}},Ze=e=>{let t=e.sign.bind(e),n=/* @__PURE__ */ Error(`the server asks for an RSA signature with SHA-1`);return e.sign=(e,r)=>r===`sha1`?n:t(e,r),e},P=e=>new r(`CONFIG`,`the SSH key cannot be used: ${e}`,{hint:`give the whole private key file, from -----BEGIN to -----END, without a passphrase; check it with: ssh-keygen -y -f FILE`}),Qe=(e,t)=>{let n=f.connect({host:M(e.host),port:e.port,noDelay:!0,autoSelectFamilyAttemptTimeout:2500});return n.on(`error`,()=>{}),{socket:n,failure:new Promise(r=>{let i=setTimeout(()=>{r($e(e,t)),n.destroy()},t),a=e=>{clearTimeout(i),r(e)};n.once(`connect`,()=>a(null)),n.once(`error`,t=>a(tt(e,t)))})}},$e=(e,t)=>({stage:`tcp`,sentence:`${j(e)} does not answer within ${t/1e3} s`,detail:``}),et={ECONNREFUSED:`refuses the connection`,ECONNRESET:`resets the connection`,ETIMEDOUT:`does not answer`,EHOSTUNREACH:`has no route to it`,ENETUNREACH:`has no route to it`},tt=(e,t)=>{let n=nt(t);return t.syscall===`getaddrinfo`?{stage:`name`,sentence:`the name ${M(e.host)} does not resolve`,detail:n}:{stage:`tcp`,sentence:`${j(e)} ${et[t.code??``]??`cannot be connected to`}`,detail:n}},nt=e=>e instanceof AggregateError?e.errors.map(e=>e.message).join(`; `):e.message,rt=async(e,t,n)=>{let r=performance.now(),{socket:i,failure:a}=Qe(e,n.connectTimeoutMs);try{await ne();let[o,s]=await Promise.all([it(),a]);if(s)return{kind:`unreachable`,failure:s};let c=Xe(e.key,o.parseKey),l=Math.max(1,n.connectTimeoutMs-(performance.now()-r));return await new at(e,c,i,{...n,connectTimeoutMs:l}).run(new o.NodeSSH,t)}catch(e){throw i.destroy(),e}},it=async()=>{let{NodeSSH:t}=await import(`./esm.js`),{default:n}=await import(`./lib2.js`).then(t=>/* @__PURE__ */ e(t.default,1));return{NodeSSH:t,parseKey:n.utils.parseKey}};var at=class{#e;#t;#n;#r;#i=null;#a=!1;#o=!1;#s=!1;#c=null;#l=!1;#u=``;#d=null;#f;constructor(e,t,n,r){this.#e=e,this.#t=t,this.#n=n,this.#r=r}async run(e,t){this.#_(this.#r.connectTimeoutMs);let n=e.connect(this.#p(t)),r=e.connection;r&&this.#g(r);try{await n}catch(e){return this.#n.destroy(),this.#y(this.#d??e)}finally{clearTimeout(this.#f)}return this.#v(r)}#p(e){return{sock:this.#n,username:this.#e.user,authHandler:this.#h,hostVerifier:e=>this.#m(e),algorithms:{serverHostKey:ke(e),hmac:[`hmac-sha2-256-etm@openssh.com`,`hmac-sha2-512-etm@openssh.com`,`hmac-sha2-256`,`hmac-sha2-512`],compress:[`none`]},keepaliveInterval:this.#r.keepaliveMs,keepaliveCountMax:this.#r.keepaliveMisses,readyTimeout:0}}#m(e){return this.#i=Ee(e),this.#a=De(e,this.#e.pins),this.#a}#h=(e,t,n)=>e===null?n({type:`publickey`,username:this.#e.user,key:this.#t.key}):(this.#c=e,this.#l=t===!0,n(!1));#g(e){e.on(`error`,e=>{this.#d??=e}),e.on(`banner`,e=>{this.#u=`${this.#u}${e}`.slice(0,4096)}),e.once(`handshake`,()=>{this.#o=!0,this.#_(this.#r.authenticationTimeoutMs)})}#_(e){clearTimeout(this.#f),this.#f=setTimeout(()=>{this.#s=!0,this.#n.destroy()},e)}#v(e){this.#d=null;let t=this.#i??{type:`unknown`,fingerprint:``};return{kind:`open`,session:{client:e,socket:this.#n,hostKey:t,whyLost:()=>Pe(this.#e,this.#d,this.#r)}}}#y(e){if(this.#i&&!this.#a)return{kind:`wrong-host-key`,offered:this.#i};if(e.level===`client-authentication`)return{kind:`refused`,error:this.#b(e)};if(this.#o)return{kind:`lost-in-authentication`,failure:this.#x(`authentication`,e)};if(this.#n.bytesRead===0)return{kind:`unreachable`,failure:this.#x(`banner`,e)};let t=this.#x(`key exchange`,e);return e.level===`handshake`?{kind:`incompatible`,failure:t}:{kind:`unreachable`,failure:t}}#b(e){let t=this.#c===null?e.message:``;return Re(this.#e,this.#t,{methods:this.#c,partial:this.#l,banner:this.#u,detail:t})}#x(e,t){return this.#s?Me(this.#e,e,this.#r):Ne(this.#e,e,t.message)}};const F=(e,t,n=Ve)=>async r=>{let i=await ot(r,{log:e,clock:t,limits:n});return e.debug(`connected to ${r.user}@${j(r)}, host key ${i.hostKey.type} ${i.hostKey.fingerprint}`),lt(r,i,n)},ot=async(e,t)=>{let n=[],r=/* @__PURE__ */ new Set;for(let i=Oe(e.pins);;i=A(r)){let{attempt:a,failures:o}=await ct(e,i,t);if(a.kind===`open`)return a.session;if(a.kind===`refused`)throw a.error;a.kind===`wrong-host-key`&&n.push(a.offered);for(let e of a.kind===`wrong-host-key`?[a.offered.type]:i)r.add(e);if(!st(a,e,n,r))throw n.length>0?Ie(e,n):Fe(e,o)}},st=(e,{pins:t},n,r)=>A(r).length===0?!1:e.kind===`wrong-host-key`?t.fingerprints.length>0:e.kind===`incompatible`&&n.length===0,ct=async(e,t,{log:n,clock:r,limits:i})=>{let a=[];for(let o=0;;o+=1){let s=await rt(e,t,i);`failure`in s&&a.push(s.failure);let c=i.backoffMs[o];if(s.kind!==`unreachable`||c===void 0)return{attempt:s,failures:a};n.info(`${s.failure.sentence}; next attempt in ${c/1e3} s`),await r.sleep(c)}},lt=(e,t,n)=>{let{client:r,socket:i}=t,a=!1,o=()=>a?`we closed the connection`:t.whyLost(),s=i.destroyed?o():null;return r.once(`close`,()=>{s=o()}),{start:r=>s===null?ut(r,e,{...t,whyLost:o},n):Promise.resolve(N(s)),close:()=>{a||s!==null||(a=!0,i.once(`finish`,()=>i.destroy()),r.end(),setTimeout(()=>i.destroy(),1e3).unref())}}},ut=(e,t,n,r)=>new Promise((i,a)=>{let{client:o}=n,s=()=>i(N(n.whyLost()));o.once(`close`,s);try{o.exec(e,(e,c)=>{o.off(`close`,s),e?a(Be(t,e.message)):i(Ke(c,n,r))})}catch{n.socket.destroy()}}),I=e=>{let{name:t,config:n}=e.environment(),{sshKey:i}=e.request,a=[];i===void 0&&a.push(`no SSH key: set the ssh-key input, DEPLOY_SSH_KEY, or --ssh-key FILE`);let s=dt(e,a);if(s.keys.length+s.fingerprints.length===0&&a.length<=+(i===void 0)&&a.push(`nothing pins the host key of ${n.host}: set environments.${t}.knownHosts or .fingerprint, or --known-hosts FILE; a key is never learned`),a.length>0||i===void 0)throw new r(`CONFIG`,a.join(`; `),{hint:`on the server, its key is printed by: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`});let l=new o(c(i.reveal()));return{host:n.host.replace(/^\[|\]$/g,``),port:n.port,user:n.user,key:l,pins:s}},dt=(e,t)=>{let{config:n}=e.environment(),r=e.request.knownHosts??n.knownHosts,o=a(r??``);for(let{line:e,message:n}of o.problems)t.push(`known hosts line ${e} ${n}`);let{accepted:s}=i(o,n.host,n.port);return r!==void 0&&s.length===0&&o.problems.length===0&&t.push(`the known hosts have no key for ${n.port===22?n.host:`[${n.host}]:${n.port}`}`),{keys:s.map(({keyType:e,key:t})=>({type:e,blob:t.toString(`base64`)})),fingerprints:n.fingerprint??[]}},ft=e=>`${e.toISOString().replaceAll(/[-:]|\.\d+/g,``)}-${h(3).toString(`hex`)}`,pt=(e,t,n=``)=>{let{config:r}=e.environment();return{verb:t,nonce:h(12).toString(`hex`),directory:r.path.replace(/\/+$/,``),project:e.config.project,operation:ft(e.ports.clock.now()),environmentFile:r.env.file,waitSeconds:Math.ceil(r.lockTimeout/1e3),holder:`${e.request.command} by ${L(e)}${R(e)===null?``:`, ${R(e)}`}`,target:n}},L=({ports:{env:e}})=>(e.GITHUB_ACTIONS===`true`&&e.GITHUB_ACTOR?e.GITHUB_ACTOR:`${mt()}@${g()}`).replaceAll(/[^\w.@-]/g,`-`),mt=()=>{try{return ee().username}catch{return`unknown`}},R=({ports:{env:e}})=>e.GITHUB_RUN_ID===void 0?null:`${e.GITHUB_SERVER_URL??`https://github.com`}/${e.GITHUB_REPOSITORY??``}/actions/runs/${e.GITHUB_RUN_ID}`,ht=(e,t)=>Object.entries(e).flatMap(([e,{order:n,exactly:r}])=>{let i=t.services[e];if(i===void 0)return[];let a=[],o=i.ports.find(e=>e.published>0);return n===`start-first`&&o!==void 0&&a.push({sentence:`${e} cannot start first: its successor could not have port ${o.published} while it runs`,hint:`take ports out of ${e} and let a proxy reach it by its name, or services.${e}.order: stop-first`}),n===`start-first`&&i.networkMode===`host`&&a.push({sentence:`${e} cannot start first: with network_mode: host both would want the same ports`,hint:`services.${e}.order: stop-first`}),r===1&&i.replicas>1&&a.push({sentence:`${e} may exist once, but its compose file wants ${i.replicas} replicas`,hint:`take deploy.replicas out of ${e}, or services.${e}.exactly`}),a}),z=(e,t)=>{let[n,r]=[B(e),B(t)];for(let[e,t]of r.entries()){let r=n[e]??0;if(r!==t)return r<t}return!1},B=e=>(e.match(/\d+/g)??[]).slice(0,3).map(Number),V=524288,gt=(e,t)=>e.missingTools.length>0?[{sentence:`the server lacks ${e.missingTools.join(`, `)}`,hint:`sudo apt-get install util-linux coreutils tar gzip, and Docker as on docs.docker.com/engine/install`}]:e.directory===`there`?[..._t(e,t),...vt(e),...yt(e),...bt(e,t),...xt(e,t),...St(e,t),...Ct(e,t)]:[{sentence:`${t.user} cannot ${e.directory===`missing`?`create`:`write`} ${t.path} on ${t.host}`,hint:`on the server: sudo install -d -o ${t.user} ${t.path}`}],_t=(e,t)=>{if(`error`in e.engine)return/permission denied/i.test(e.engine.error)?[{sentence:`${t.user} may not use Docker on ${t.host}`,hint:`on the server: sudo usermod -aG docker ${t.user}, then connect again`}]:[{sentence:`Docker does not answer on ${t.host}: ${e.engine.error}`,hint:`on the server: sudo systemctl status docker`}];let n=[];return z(e.engine.version,`20.10.24`)&&n.push({sentence:`Docker ${e.engine.version} is older than 20.10.24, the oldest that works`,hint:`upgrade Docker: docs.docker.com/engine/install`}),`error`in e.compose?n.push({sentence:`docker compose does not answer: ${e.compose.error}`,hint:`on the server: sudo apt-get install docker-compose-plugin (the old docker-compose is not enough)`}):z(e.compose.version,`2.20.3`)&&n.push({sentence:`docker compose ${e.compose.version} is older than 2.20.3, the oldest that works`,hint:`on the server: sudo apt-get install --only-upgrade docker-compose-plugin`}),n},vt=e=>e.bash?[]:[{sentence:`the server has no bash, which HTTP checks are asked with`,hint:`on the server: sudo apt-get install bash`}],yt=e=>e.disk.filter(({freeKib:e})=>e<V).map(({mount:e,freeKib:t})=>({sentence:`only ${Math.floor(t/1024)} MiB are free on ${e}`,hint:`on the server: docker system df, then docker image prune -a`})),bt=(e,t)=>{let n=`platform`in e.engine?e.engine.platform:null;return Object.entries(t.platforms).filter(([,e])=>n!==null&&e.length>0&&!e.includes(n)).map(([e,t])=>({sentence:`image ${e} exists for ${t.join(`, `)}, but the server is ${n}`,hint:`add ${n} to images.${e}.platforms`}))},xt=(e,t)=>{if(t.required.length===0)return[];let n=`${t.path}/${t.environmentFile}`;if(e.environmentFile===null)return[{sentence:`${n} does not exist on ${t.host}, and ${t.required.join(`, `)} must be set there`,hint:`create it on the server with mode 600: install -m 600 /dev/null ${n}`}];let r=t.required.filter(t=>!e.environmentSet.includes(t));return`error`in e.model?[]:r.map(e=>({sentence:`${e} is missing or empty in ${n}`,hint:`set ${e} in ${n} on ${t.host}`}))},St=(e,t)=>`error`in e.model&&(e.environmentFile!==null||t.required.length===0)?[{sentence:`compose cannot resolve the project on the server: ${e.model.error}`,hint:`docker compose config, in the deploy directory, shows the same`}]:[],Ct=(e,t)=>{if(`error`in e.model)return[];let n=new Set(e.containers.map(({name:e})=>e.replace(/^\//,``))),r=e.published.filter(({name:e})=>n.has(e)).map(({ports:e})=>e);return Object.entries(e.model.services).flatMap(([i,{ports:a}])=>a.filter(({published:t,address:n,protocol:i})=>t>0&&i!==`udp`&&!r.some(e=>H(e,t))&&e.listening.some(e=>e.port===t&&wt(e.address,n))).map(({published:r})=>{let a=e.published.find(({name:e,ports:t})=>!n.has(e)&&H(t,r));return{sentence:`port ${r}, which ${i} publishes, is taken by ${a===void 0?`another program`:`container ${a.name}`} on ${t.host}`,hint:a===void 0?`on the server: sudo ss -ltnp 'sport = :${r}'`:`on the server: docker stop ${a.name}, or publish another port`}}))},H=(e,t)=>RegExp(`:${t}->`).test(e),wt=(e,t)=>Tt(e)||Tt(t)||e===t,Tt=e=>e===``||e===`0.0.0.0`||e===`::`,Et=(e,t,n)=>{let r=[];`services`in e.model&&r.push(...Ot(e.model,n));for(let{mount:t,freeKib:n}of e.disk)n>=V&&n<2097152&&r.push(`only ${Math.floor(n/1024)} MiB are free on ${t}`);e.environmentFile!==null&&!/00$/.test(e.environmentFile.mode)&&r.push(`${t.environmentFile} has mode ${e.environmentFile.mode}: others on the server can read it; chmod 600 ${t.path}/${t.environmentFile}`);for(let n of e.missingBinds.filter(n=>!Dt(n,e,t.path)))r.push(`${n} does not exist on the server: Docker will create it as a folder that belongs to root`);return r},Dt=(e,{brought:t},n)=>Object.keys(t).some(t=>`${n.replace(/\/+$/,``)}/${t}`===e||`${n.replace(/\/+$/,``)}/${t}`.startsWith(`${e}/`)),Ot=(e,t)=>t.flatMap(t=>{let n=e.services[t];return n===void 0?[]:[...n.restart===null||n.restart===`no`?[`${t} has no restart policy: it stays down after a crash or a reboot; restart: unless-stopped`]:[],...n.limits?[]:[`${t} has no memory limit: it can starve its neighbours; deploy.resources.limits.memory`],...n.privileged?[`${t} is privileged: whoever breaks into it owns the server`]:[]]}),kt=e=>`error`in e.model?[]:Object.entries(e.model.services).flatMap(([t,{user:n,binds:r}])=>r.flatMap(({source:r,readOnly:i})=>{let a=e.binds.find(e=>e.source===r),o=Number.parseInt(n??``,10);return a===void 0||i||Number.isNaN(o)||o===0||a.uid===o||/[2367]$/.test(a.mode)?[]:[`${t} runs as user ${o} but ${r} belongs to ${a.uid} (mode ${a.mode}): it cannot write there; sudo chown ${o} ${r}`]})),At=(e,t,n={})=>{let r={};for(let e of t.filter(({oneOff:e})=>!e).toSorted(jt))r[e.service]??={digest:Mt(e,n),image:e.image,since:e.state===`running`?e.started:null,state:e.health===null||e.state!==`running`?e.state:`${e.state} (${e.health})`};return{host:e,services:r}},jt=(e,t)=>Number(t.state===`running`)-Number(e.state===`running`),Mt=({image:e,imageId:t},n)=>/@(sha256:[0-9a-f]{64})$/.exec(e)?.[1]??(n[t]??[]).map(e=>e.split(`@`)[1]).find(e=>e!==void 0)??null,U=e=>{switch(e.kind){case`infrastructure`:return`start ${e.services.join(`, `)}`;case`await`:return`ready ${e.service}`;case`await-created`:return`containers created`;case`create`:return`create containers`;case`stable`:return`stable ${e.services.join(`, `)}`;case`schema`:return`schema ${e.when}`;case`switch`:return`switch ${e.service}`;case`restart`:return`restart ${e.service}`;case`seed`:case`smoke`:case`hook`:return`${e.kind} ${e.name}`;default:return e.kind}},Nt=(e,t,n,r)=>e.steps.flatMap(e=>{if(e.kind!==`switch`)return[];let i=n.containers.filter(({id:t})=>e.old.includes(t)).flatMap(({anonymousVolumes:e})=>e),a=t.services[e.service]?.mounted??[];return i.filter(({path:e})=>!a.includes(e)).map(({name:t,path:n})=>({sentence:`${e.service} keeps ${n} in a volume without a name, which its successor would not get`,hint:`name it in the compose file (volumes: ["${e.service}-data:${n}"]) and bring its content over on the server: docker run --rm -v ${t}:/from -v ${r}_${e.service}-data:/to busybox cp -a /from/. /to; or, if nothing in it matters: docker rm --force --volumes the container first`}))}),Pt=async({ports:e,project:t,commit:n},r)=>{if(n.sha===r)return`same`;let i=async n=>(await e.programs.run(n,{cwd:t})).code===0;return await i(u(r))?await i(l(r,n.sha))?`newer`:await i(l(n.sha,r))?`older`:`diverged`:`unknown`},Ft=(e,t)=>({commit:e.commit.sha,ref:e.commit.ref,repository:e.commit.repository,actor:L(e),run:R(e),reason:e.request.reason??null,operation:t}),It=(e,t)=>{let{config:n}=e.environment();e.facts.serving=[At(n.host,t.containers,t.imageDigests)],e.facts.release=t.current,e.facts.previousRelease=x(t)?.fallback??null},Lt=(e,t,n,i)=>{let{config:a}=e.environment(),o={host:a.host,user:a.user,path:a.path,project:e.config.project,environmentFile:a.env.file,required:a.env.required,platforms:Object.fromEntries(Object.entries(n).map(([e,{platforms:t}])=>[e,Object.keys(t)]))},s=`error`in t.model?[]:ht(e.config.services,t.model),c=[...gt(t,o),...s];if(c.length>0||`error`in t.model)throw new r(`CONFIG`,`${c.map(({sentence:e})=>e).join(`; `)}; nothing was touched`,{hint:c.map(({hint:e})=>e).join(`; `),serving:t.current??`nothing of ours`});for(let n of[...Et(t,o,i),...kt(t)])e.ports.log.warning(n);return t.model},Rt=(e,t)=>{let n=Object.entries(t.ownership).filter(([n,r])=>e.services[n]!==void 0&&e.services[n].image!==t.images[r]?.reference);if(n.length!==0)throw new r(`CONFIG`,n.map(([n,r])=>`${n} would run ${e.services[n]?.image??``}, not ${t.images[r]?.reference??``}`).join(`; `),{hint:`a later compose file or variable decides the image: remove it there, or use compose.pin: override`})},zt=(e,t,n,i)=>{let a=Nt(t,n,i,e.config.project);if(a.length!==0)throw new r(`CONFIG`,`${a.map(({sentence:e})=>e).join(`; `)}; nothing was touched`,{hint:a.map(({hint:e})=>e).join(`; `),...i.current===null?{}:{serving:i.current}})},Bt=async(e,t)=>{if(t!==null&&t.repository===e.commit.repository&&await Pt(e,t.commit)===`older`)throw new r(`STALE`,`${e.commit.sha.slice(0,7)} is older than ${t.commit.slice(0,7)}, which serves as release ${t.id}`,{hint:`to go back on purpose: deploy-action rollback ${t.fallback??`RELEASE`}`,serving:t.id})},Vt=e=>{let{name:t,config:n}=e.environment(),{ref:i}=e.commit;if(!(n.branch===void 0||i!==null&&Ht(n.branch,i)))throw new r(`CONFIG`,`environment ${t} takes ${n.branch} only, and this is ${i??`a commit without a branch`}`,{hint:`change environments.${t}.branch, or deploy from ${n.branch}`})},Ht=(e,t)=>{let n=e.split(/(\*\*?)/).map(e=>e===`**`?`.*`:e===`*`?`[^/]*`:e.replaceAll(/[\\^$.+?()[\]{}|]/g,`\\$&`));return RegExp(`^${n.join(``)}$`).test(t)},Ut=(e,t)=>{e.facts.steps=[...e.facts.steps,...t.steps.map(e=>({name:U(e),cause:e.cause,start:null,duration:null,result:`planned`}))];for(let n of t.steps)e.ports.log.info(`${U(n)}: ${n.cause}`)};var Wt=`# The fixed part of every run on a server, sent as the command of the one exec. It holds no secret.
# It takes the lock, settles what an earlier run left, tells what it sees, and starts the program that the
# client then sends. Everything it says is a line that begins with the client's nonce, so that nothing else
# which writes to this output (a login banner, say) can be mistaken for it.
#
#   front VERB NONCE DIRECTORY PROJECT OPERATION ENV_FILE WAIT_SECONDS HOLDER TARGET
#
# VERB: operate (lock, settle, observe, then run or abort), observe (look only, write nothing),
#       follow (attach again to OPERATION, from journal line TARGET)
set -u
umask 077
LC_ALL=C
export LC_ALL
time_limit=''
verb=$1 nonce=$2 directory=$3 project=$4 operation_id=$5 env_file=$6 wait_seconds=$7 holder=$8 target=$9
dot=$directory/.deploy
operation=$dot/operations/$operation_id

say() { printf '%s %s\\n' "$nonce" "$*"; }
# A fact in lines that the client takes whole: all but the last say "more".
tell() { base64 -w 32768 | sed "s/^/$nonce more $1 /; \\$s/ more / fact /"; }
leave() {
  say bye "$1"
  exit "$1"
}

# Lines of base64 up to the marker line "."; the shell's own read takes nothing beyond it, so the rest stays.
receive() {
  while IFS= read -r line; do
    [ "$line" = . ] && return 0
    printf '%s\\n' "$line"
  done
  return 1
}
# Receives one file: a header "SHA256 NAME" was read already; a cut or changed body is never used.
receive_file() {
  { receive || printf '!'; } | base64 -d > "$2" 2>/dev/null
  [ "$(sha256sum < "$2" | cut -d' ' -f1)" = "$1" ]
}

check_tools() {
  missing=
  for tool in flock setsid base64 sha256sum tar gzip sync timeout stat df tail tac awk sed grep mktemp realpath docker; do
    command -v "$tool" > /dev/null 2>&1 || missing="$missing $tool"
  done
  [ -z "$missing" ] || { say "lacks$missing"; return 1; }
}

enter_directory() {
  # a look creates nothing: where the directory could be made, it goes on without
  if [ "$verb" = observe ] && ! [ -e "$directory" ] && can_be_made "\${directory%/*}"; then return 0; fi
  if [ "$verb" = operate ]; then mkdir -p -- "$directory" 2> /dev/null; fi
  if ! { [ -d "$directory" ] && cd -- "$directory" && { [ "$verb" != operate ] || can_work; }; } 2> /dev/null; then
    { [ -d "$directory" ] && printf unwritable || printf missing; } | tell directory
    return 1
  fi
}

# Also where somebody else, root perhaps, made .deploy before us.
can_work() {
  mkdir -p .deploy/operations .deploy/releases && true >> .deploy/lock && true >> .deploy/holder && [ -w . ] && [ -w .deploy/operations ] && [ -w .deploy/releases ]
}
can_be_made() {
  parent=$1
  while ! [ -e "$parent" ] && [ -n "$parent" ]; do parent=\${parent%/*}; done
  [ -w "\${parent:-/}" ]
}

# The kernel frees the lock when its last holder dies: nothing is ever left to break by hand.
take_lock() {
  exec 9<> "$dot/lock"
  if ! flock -n 9; then
    tell waiting < "$dot/holder" 2> /dev/null
    if ! flock -w "$wait_seconds" 9; then
      { cat "$dot/holder"; last_step; } 2> /dev/null | tell locked
      return 1
    fi
  fi
  printf '%s\\nsince %s\\noperation %s\\n' "$holder" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$operation_id" > "$dot/holder"
}
# Where the holder stands: its last journal line.
last_step() {
  id=$(sed -n 's/^operation //p' "$dot/holder")
  printf 'at %s\\n' "$(tail -n 1 "$dot/operations/$id/journal")"
}

unfinished() {
  for journal in "$dot"/operations/*/journal; do
    [ -e "$journal" ] || continue
    grep -q '^[0-9]* end ' "$journal" || printf '%s\\n' "\${journal%/journal}"
  done
}
# What an earlier run left half done is finished or undone by that run's own program, before anything else.
settle() {
  unfinished > "$dot/operations/.unfinished"
  while IFS= read -r left <&4; do
    say settling "\${left##*/}"
    sh "$left/program.sh" settle > "$left/settle-output" 2>&1 < /dev/null
    { printf '%s\\n' "\${left##*/}"; cat "$left/journal"; } | tell settled
  done 4< "$dot/operations/.unfinished"
  rm -f "$dot/operations/.unfinished"
  # folders without a journal never ran: a client that left before it decided
  for folder in "$dot"/operations/*/; do
    [ -e "$folder/journal" ] || [ "$folder" = "$operation/" ] || rm -rf "$folder"
  done
}

stage_request() {
  IFS= read -r sum || leave 0
  mkdir -p "$stage"
  if ! receive_file "$sum" "$work/request"; then
    say incomplete request
    leave 0
  fi
  tar -xzf "$work/request" -C "$stage" || { say incomplete request; leave 0; }
  [ -z "$target" ] || stage_release
}
# A rollback brings nothing: its files, pins and images are those that the release was deployed with.
stage_release() {
  release=$target
  case $target in
    previous) release=$(cat "$dot/current/previous" 2> /dev/null) ;;
    current) release=$(readlink "$dot/current" | sed 's,.*/,,') ;;
  esac
  release=$(release_named "$release")
  [ -n "$release" ] || return 0
  cp -a "$dot/releases/$release/." "$stage/"
  printf '%s' "$release" | tell target
  rm -f "$stage/release.json" "$stage/previous"
}
# By its id, its number, or at least seven characters of its commit; of several the newest.
release_named() {
  for candidate in "$dot"/releases/*/release.json; do
    candidate=\${candidate%/release.json}
    candidate=\${candidate##*/}
    case $1 in
      "$candidate" | "\${candidate%%-*}") ;;
      "\${candidate#*-}"*) ;;
      *) continue ;;
    esac
    if [ -e "$dot/releases/$candidate/release.json" ]; then printf '%s\\n' "$candidate"; fi
  done | sort -n | tail -n 1
}

run_front() {
  check_tools || leave 0
  enter_directory || leave 0
  case $verb in
    operate)
      take_lock || leave 0
      settle
      stage=$operation/stage work=$operation/work
      mkdir -p "$work"
      ;;
    observe)
      work=$(mktemp -d)
      stage=$work/stage
      trap 'rm -rf "$work"' EXIT
      # a shell that a signal ends does not come to that; a client that leaves makes one
      trap 'exit 1' HUP INT PIPE TERM
      unfinished | tell unfinished
      ;;
    follow)
      follow "$target"
      leave 0
      ;;
  esac
  stage_request
  observe
  # after that word the client may leave at any moment
  [ "$verb" = operate ] || rm -rf "$work"
  say ready
  [ "$verb" = operate ] || leave 0
  decide
}

# The client's word: "go SHA256" with the program behind it, or anything else, or its silence, for no.
decide() {
  read -r word sum || word=
  if [ "$word" = go ] && receive_file "$sum" "$work/program" && gzip -dc < "$work/program" > "$operation/program.sh" && IFS= read -r secrets; then
    rm -rf "$work"
    # the first sign of life: a client that falls silent right now is missed too
    cat /proc/uptime > "$operation/alive"
    printf '%s\\n' "$secrets" | setsid sh "$operation/program.sh" run > "$operation/stray" 2>&1 &
    printf '%s' "$!" > "$operation/pid"
    secrets=
    # only the program holds the lock from here on: a client that hangs must not keep it
    exec 9>&-
    exec 7<&0
    watch_client <&7 &
    follow 1
  else
    [ "$word" = go ] && say incomplete program
    rm -rf "$operation"
  fi
  leave 0
}

# Signs of life: the program asks for them before the switch, and aborts where they stopped.
watch_client() {
  exec > /dev/null
  while IFS= read -r word; do
    if [ "$word" = cancel ]; then : > "$operation/cancelled"; fi
    cat /proc/uptime > "$operation/alive"
  done
  : > "$operation/lost"
}

# The journal as it grows, until the program has ended: a reader that stalls here never stalls the program.
follow() {
  if ! [ -e "$operation/pid" ]; then
    say gone
    return
  fi
  while ! [ -e "$operation/journal" ] && runs; do sleep 0.01; done
  say follow
  # its number may be another program's by now, which would be followed for ever
  if runs; then
    tail -n "+$1" -s 0.1 -f --pid="$(cat "$operation/pid")" -- "$operation/journal" 2> /dev/null
  else
    tail -n "+$1" -- "$operation/journal" 2> /dev/null
  fi | sed -u 's/$/ ;/' # whoever reads a line without the mark knows that it was cut
}
# The process of a moment ago may still be the shell that becomes the program.
runs() {
  running=$(tr '\\0' ' ' 2> /dev/null < "/proc/$(cat "$operation/pid")/cmdline") || return 1
  case $running in *"$operation_id"*) return 0 ;; esac
  return 1
}
`,Gt=`# What the server is like now: named facts, each one base64 blob, gathered side by side.
# Nothing here changes anything, and no value of the environment file leaves the server.

# Each question to the engine costs the server a process of 50 ms: what follows from the containers is not asked again.
stack() {
  gather containers
  gather image_digests &
  gather disk
  wait
}
image_digests() {
  [ -s "$work/containers" ] || return
  # shellcheck disable=SC2046 # ids hold no blanks
  docker image inspect --format '{"id":{{json .ID}},"digests":{{json .RepoDigests}}}' $(sed 's/.*"imageId":"\\([^"]*\\)".*/\\1/' "$work/containers" | sort -u)
}
# Which of the images that compose would run are here already: those that need no pull.
present_images() {
  sed -n 's/^    image: //p' "$work/resolved" | sort -u > "$work/references"
  # one question where all are here, as before a rollback; else one for each
  # shellcheck disable=SC2046 # names of images hold no blanks
  if docker image inspect --format '{{.ID}}' $(cat "$work/references") > /dev/null 2>&1; then
    cat "$work/references"
    return
  fi
  while IFS= read -r reference; do
    { docker image inspect --format '{{.ID}}' "$reference" > /dev/null 2>&1 && printf '%s\\n' "$reference"; } &
  done < "$work/references"
  wait
}

# The resolved compose model without what may hold secrets: of each service only the keys named here pass.
without_values() {
  awk '
    /^[^ ]/ { section = $1; keep = (section == "name:"); if (keep || section == "services:" || section == "networks:" || section == "volumes:") print; next }
    section == "services:" && /^  [^ ]/ { print; keep = 0; next }
    section == "services:" && /^    [^ -]/ {
      key = $1
      keep = (key ~ /^(image|container_name|restart|ports|depends_on|volumes|network_mode|deploy|mem_limit|cpus|scale|stop_grace_period|platform|privileged|user|build|pid|profiles|configs):$/)
      if (key == "build:") { print "    build: true"; keep = 0; next }
      if (key == "healthcheck:") { print "    healthcheck:"; next }
      if (key == "labels:") next
      inner = 0
      if (keep) print
      next
    }
    section == "services:" && key == "healthcheck:" { if ($1 == "disable:") print; next }
    section == "services:" && key == "labels:" { if ($1 ~ /^deploy-action\\.env\\./) { sub(/^ */, ""); print "    x-" $0 } next }
    (section == "networks:" || section == "volumes:") && /^  [^ ]/ { print; next }
    (section == "networks:" || section == "volumes:") && /^    (name|external):/ { print; next }
    # labels of a deploy may hold what comes from the environment file
    section == "services:" && keep && key == "deploy:" && /^      [^ -]/ { inner = ($1 == "labels:") }
    section == "services:" && keep && !(key == "deploy:" && inner) { print }
  '
}
# A hash of all that compose resolved for each service, its environment included; compose's own \`config --hash\` leaves
# that out. What is hashed goes from pipe to pipe: no value of the environment file is written anywhere.
# Everything goes on to the next pipe; our own labels that ask for the environment are not hashed, nor a list of labels
# that holds no others.
service_hashes() {
  awk -v folder="$work" '
    { print }
    /^[^ ]/ { section = $1; next }
    section == "services:" && /^    labels:$/ { labels = $0; next }
    section == "services:" && /^      deploy-action\\.env\\./ { next }
    section == "services:" && labels != "" { if (/^      /) print labels | command; labels = "" }
    section == "services:" && /^  [^ ]/ {
      if (command) close(command)
      name = $1; sub(/:$/, "", name); gsub(/"/, "", name)
      command = "sha256sum > \\"" folder "/hash-" name "\\""
    }
    section == "services:" && command { print | command }
    END { if (command) close(command) }
  '
}
resolve() {
  [ -e "$stage/compose.sh" ] || return
  # shellcheck source=/dev/null # made by the client, see compile.ts
  . "$stage/compose.sh"
  { compose_over "$stage/project" "$stage" "$stage/probe.yml" config 2> "$work/resolved-error" || : > "$work/unresolved"; } | service_hashes | without_values > "$work/resolved"
  if [ -e "$work/unresolved" ]; then
    : > "$work/resolved"
    rm -f "$work"/hash-*
  fi
  for hash in "$work"/hash-*; do
    [ -e "$hash" ] && printf '%s %s\\n' "\${hash##*/hash-}" "$(cut -d' ' -f1 < "$hash")"
  done > "$work/hashes"
  cp "$work/hashes" "$stage/hashes"
  present_images > "$work/present_images" &
  bind_sources < "$work/resolved" | while IFS= read -r source; do
    stat -c '%u %g %a %F	%n' -- "$source" 2> /dev/null || printf 'missing	%s\\n' "$source"
  done > "$work/binds"
  wait
}
# What compose complains about may be a whole line of the environment file.
without_lines() { sed 's/in variable name ".*/in a variable name (the line is not shown)/'; }
bind_sources() {
  awk '/^ *- type: / { bind = ($3 == "bind") } bind && /^ *source: / { sub(/^ *source: /, ""); gsub(/^"|"$/, ""); print; bind = 0 }'
}

# What lies in the deploy directory of that which this release or the one before brought.
brought_files() {
  { (cd "$stage/project" && find . -type f) | sed 's,^\\./,,'; sed 's/^[0-9a-f]*  //' "$dot/current/manifest"; } 2> /dev/null | sort -u |
    while IFS= read -r file; do
      [ -f "$directory/$file" ] && (cd -- "$directory" && sha256sum -- "$file")
    done
}

# The engine's folder, by where it keeps a container; \`docker info\` starts every plugin of the client to say it.
disk() {
  root=$(sed -n 's/.*"hostname":"\\(\\/[^"]*\\)\\/containers\\/.*/\\1/p' "$work/containers" | head -n 1)
  [ -n "$root" ] || root=$(docker info --format '{{.DockerRootDir}}' 2> /dev/null)
  df -Pk -- "$directory" \${root:+"$root"} 2> /dev/null | tail -n +2
}

gather() {
  "$1" > "$work/$1" 2> "$work/$1.error"
}
engine() { docker version --format '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}} {{.Client.Version}}'; }
compose_version() { docker compose version --short; }
listening() { cat /proc/net/tcp /proc/net/tcp6 2> /dev/null | awk '$4 == "0A" { print $2 }' | sort -u; }
published() { docker ps --format '{{json .Names}} {{json .Ports}}'; }
environment_file() { stat -c '%a %U %s' -- "$directory/$env_file"; }
releases() { cat "$dot"/releases/*/release.json; }
current() { readlink "$dot/current" | sed 's,.*/,,'; }
manifest() { cat "$dot/current/manifest"; }
seeds() { cat "$dot/seeds"; }
user() { id -un; id -Gn; }
shells() { command -v bash; }
recorded_hashes() { cat "$dot/current/hashes"; }
brought() { (cd "$stage/project" && find . -type f -exec sha256sum -- {} +) | sed 's,  \\./,  ,'; }

observe() {
  facts='recorded_hashes engine compose_version brought_files listening published environment_file releases current manifest seeds user shells brought'
  for fact in $facts; do gather "$fact" & done
  stack &
  : > "$work/resolved"
  : > "$work/binds"
  resolve
  wait
  for fact in $facts containers image_digests disk present_images engine.error compose_version.error resolved resolved-error hashes binds; do
    [ -s "$work/$fact" ] && without_lines < "$work/$fact" | tell "$fact"
  done
}
`;const Kt=e=>`exec ${s([`sh`,`-c`,qt,`deploy-action`,e.verb,e.nonce,e.directory,e.project,e.operation,e.environmentFile,String(e.waitSeconds),e.holder,e.target])}`,qt=[E,Gt,Wt,`run_front`].map(e=>e.split(`
`).filter(e=>!/^\s*(#.*)?$/.test(e)).map(e=>e.trimStart()).join(`
`)).join(`
`),Jt=e=>{let[t=``,n,...r]=e.split(` `);if(!/^\d{1,15}$/.test(t))return null;let i=Number(t)*10;switch(n){case`start`:return{kind:n,at:i,epoch:Number(r[0])};case`step`:case`done`:return{kind:n,at:i,step:Number(r[0])};case`fail`:return{kind:n,at:i,step:Number(r[0]),code:r[1]??``,sentence:W(r[2])};case`switch`:case`committed`:case`settle`:return{kind:n,at:i};case`note`:return{kind:n,at:i,topic:r[0]??``,name:r.slice(1,-1).join(` `),text:W(r.at(-1))};case`undo`:case`undo-failed`:return{kind:n,at:i,text:W(r[0])};case`end`:return Yt(r[0])?{kind:n,at:i,end:r[0]}:null;default:return null}},W=e=>Buffer.from(e??``,`base64`).toString(),Yt=e=>e===`committed`||e===`aborted`||e===`rolled-back`||e===`broken`;var Xt=t();const Zt=e=>({missingTools:K(e[`missing-tools`]),directory:e.directory===`missing`||e.directory===`unwritable`?e.directory:`there`,user:{name:G(e.user)[0]??``,groups:K(G(e.user)[1])},bash:e.shells!==void 0,engine:rn(e),compose:e.compose_version===void 0?{error:tn(e[`compose_version.error`])}:{version:e.compose_version.trim().replace(/^v/,``)},containers:Y(e.containers).map(an),imageDigests:Object.fromEntries(Y(e.image_digests).map(e=>[q(e.id),nn(e.digests)])),present:G(e.present_images),disk:G(e.disk).flatMap(on),listening:G(e.listening).map(sn),published:G(e.published).flatMap(cn),environmentFile:ln(e.environment_file),environmentSet:un(e.resolved),model:pn(e),hashes:$t(e.hashes),recordedHashes:$t(e.recorded_hashes),binds:G(e.binds).flatMap(dn),missingBinds:G(e.binds).flatMap(e=>e.startsWith(`missing	`)?[e.slice(8)]:[]),files:X(e.brought_files),brought:X(e.brought),manifest:Object.keys(X(e.manifest)),releases:Y(e.releases).flatMap(fn),current:en(e.current),target:e.target??null,seeds:G(e.seeds).map(e=>({name:K(e)[0]??``,hash:K(e)[1]??``,release:K(e)[2]??``})),unfinished:G(e.unfinished).map(e=>e.split(`/`).at(-1)??``)}),G=e=>(e??``).split(`
`).filter(e=>e!==``),K=e=>(e??``).split(/\s+/).filter(e=>e!==``),Qt=e=>Object.assign(Object.create(null),Object.fromEntries(e)),$t=e=>Qt(G(e).map(e=>[K(e)[0]??``,K(e)[1]??``])),en=e=>/^[\w.-]+$/.exec(e?.trim()??``)?.[0]??null,tn=e=>G(e).at(-1)??`no answer`,q=e=>typeof e==`string`?e:``,nn=e=>Array.isArray(e)?e.filter(e=>typeof e==`string`):[],J=e=>typeof e==`object`&&e&&!Array.isArray(e)?e:{},Y=e=>G(e).flatMap(e=>{try{return[J(JSON.parse(e))]}catch{return[]}}),rn=e=>{let[t,n]=K(e.engine);return t===void 0||n===void 0?{error:tn(e[`engine.error`])}:{version:t,platform:n}},an=e=>({id:q(e.id),name:q(e.name).replace(/^\//,``),service:q(e.service),oneOff:e.oneoff===`True`,image:q(e.image),imageId:q(e.imageId),state:q(e.state),started:q(e.started),restarts:typeof e.restarts==`number`?e.restarts:0,health:typeof e.health==`string`?e.health:null,policy:q(e.policy),anonymousVolumes:Z(e.mounts).flatMap(e=>e.Type===`volume`&&/^[0-9a-f]{64}$/.test(q(e.Name))?[{name:q(e.Name),path:q(e.Destination)}]:[])}),on=e=>{let t=K(e),n=Number(t[3]);return Number.isFinite(n)&&t[5]!==void 0?[{mount:t.slice(5).join(` `),freeKib:n}]:[]},sn=e=>{let[t=``,n=``]=e.split(`:`),r=t.match(/../g)?.map(e=>Number.parseInt(e,16))??[];return{address:r.every(e=>e===0)?``:r.length===4?r.toReversed().join(`.`):t,port:Number.parseInt(n,16)}},cn=e=>{let t=/^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/.exec(e);return t===null?[]:[{name:JSON.parse(t[1]??`""`),ports:JSON.parse(t[2]??`""`)}]},ln=e=>{let[t,n]=K(e);return t===void 0||n===void 0?null:{mode:t,owner:n}},un=e=>[...(e??``).matchAll(/^ {4}x-deploy-action\.env\.([A-Za-z_]\w*): set$/gm)].map(e=>e[1]??``),dn=e=>{let t=/^(\d+) (\d+) (\d+) ([^\t]*)\t(.*)$/.exec(e);return t===null?[]:[{uid:Number(t[1]),gid:Number(t[2]),mode:t[3]??``,kind:t[4]??``,source:t[5]??``}]},X=e=>Object.fromEntries(G(e).flatMap(e=>/^[0-9a-f]{64} {2}/.test(e)?[[e.slice(66),e.slice(0,64)]]:[])),fn=e=>en(q(e.id))===e.id&&Number.isSafeInteger(e.number)&&typeof e.commit==`string`&&[e.services,e.images,e.schema].every(e=>e!==void 0&&J(e)===e)&&Array.isArray(e.smoke)?[e]:[],pn=e=>{let t=G(e[`resolved-error`]).slice(-3).join(` `);if(e.resolved===void 0)return{error:t||`compose gave no answer`};try{let t=J(J((0,Xt.parse)(e.resolved,{maxAliasCount:0,logLevel:`error`})).services);return{services:Qt(Object.entries(t).map(([e,t])=>[e,mn(J(t))]))}}catch(e){return{error:t||`what compose prints is no YAML: ${e instanceof Error?e.message.split(`
`)[0]:``}`}}},mn=e=>{let t=J(e.deploy);return{image:q(e.image),containerName:typeof e.container_name==`string`?e.container_name:null,restart:typeof e.restart==`string`?e.restart:null,replicas:hn(t.replicas??e.scale),ports:Z(e.ports).map(e=>({address:q(e.host_ip),published:Number(e.published??0),target:Number(e.target??0),protocol:q(e.protocol)})),binds:Z(e.volumes).flatMap(e=>e.type===`bind`?[{source:q(e.source),target:q(e.target),readOnly:e.read_only===!0}]:[]),mounted:Z(e.volumes).map(e=>q(e.target)),dependsOn:Object.fromEntries(Object.entries(J(e.depends_on)).map(([e,t])=>[e,q(J(t).condition)])),healthcheck:e.healthcheck!==void 0&&J(e.healthcheck).disable!==!0,limits:e.mem_limit!==void 0||J(J(t.resources).limits).memory!==void 0,privileged:e.privileged===!0,networkMode:typeof e.network_mode==`string`?e.network_mode:null,user:e.user===void 0?null:String(e.user)}},Z=e=>Array.isArray(e)?e.map(J):[],hn=e=>typeof e==`number`&&Number.isSafeInteger(e)&&e>=0?e:1,Q=4096,gn=e=>{let t=Buffer.from(e).toString(`base64`),n=[];for(let e=0;e<t.length;e+=Q)n.push(t.slice(e,e+Q));return`${n.join(`
`)}\n.\n`},_n=e=>m(`sha256`).update(e).digest(`hex`),vn=e=>{let t=p(d(e));return`${_n(t)}\n${gn(t)}`},yn=(e,t)=>{let n=p(e);return`go ${_n(n)}\n${gn(n)}${t}\n`},bn=[500,2e3,5e3,1e4],xn=async(e,t)=>{let n=await e.connect(e.target),r=new Sn(e,t);try{return await r.first(n)}finally{n.close()}};var Sn=class{#e;#t;#n=Object.create(null);#r=Object.create(null);#i=0;#a=!1;#o=null;constructor(e,t){this.#e=e,this.#t=t}async first(e){let{front:t,files:n}=this.#e,{signal:r}=this.#t.cancellation,i=()=>e.close();r.addEventListener(`abort`,i);let a=Cn(await e.start(Kt(t)));a.write(vn(n));let o=await this.#s(a);if(r.removeEventListener(`abort`,i),o.kind===`leave`||r.aborted){if(a.end(),r.aborted)throw wn();return{kind:`left`}}return a.write(yn(o.program,o.credentials)),await this.#f(a,e),this.#a||await this.#g(),{kind:`ended`}}async#s(e){for await(let t of e.lines){let e=this.#c(t);if(e!==null){if(e===`ready`)return this.#e.decide(Zt(this.#n));if(e.startsWith(`bye`))break}}return this.#d(e)}#c(e){let{nonce:t}=this.#e.front;if(!e.startsWith(`${t} `))return this.#t.log.foreign(e),null;let n=e.slice(t.length+1),[,r,i=``,a=``]=/^(fact|more) (\S+) (\S*)$/.exec(n)??[];return r!==void 0&&this.#l(i,a,r===`fact`),n.startsWith(`lacks `)&&(this.#n[`missing-tools`]=n.slice(6)),n.startsWith(`settling`)&&this.#t.log.info(`An earlier operation was left unfinished: ${n.slice(9)}; settling it first`),n.startsWith(`incomplete`)&&(this.#o=n.slice(11)),n}#l(e,t,n){let i=(this.#r[e]??``)+t;if(i.length>33554432)throw new r(`CONNECT`,`the fact ${e} which the server tells has no end; nothing was touched`);n&&this.#u(e,Buffer.from(i,`base64`).toString()),this.#r[e]=n?``:i}#u(e,t){this.#n[e]=t,e===`waiting`&&this.#t.log.info(`Waiting for the lock, held by ${Tn(t)}`),e===`settled`&&this.#t.log.warning(`An earlier operation was settled: ${En(t)}`)}async#d(e){let{target:t,front:n}=this.#e;if(this.#t.cancellation.signal.aborted)throw wn();if(this.#n.locked!==void 0)throw new r(`LOCK`,`another operation holds the stack in ${n.directory} on ${t.host}: ${Tn(this.#n.locked)}`,{hint:`wait for it, or look: deploy-action status; the lock frees itself when its holder ends`});if(this.#o!==null)throw new r(`CONNECT`,`the ${this.#o} did not arrive whole on ${t.host}; nothing was touched`,{hint:`run it again`});if(this.#n[`missing-tools`]||this.#n.directory!==void 0)return this.#e.decide(Zt(this.#n));let i=await e.ended,a=i.kind===`lost`?i.reason:i.kind===`exit`?`it ended with exit code ${i.code}`:`it was ended by ${i.signal}`;throw new r(`CONNECT`,`${t.host} did not answer as a shell does: ${a}; nothing was touched`,{evidence:e.stderr().split(`
`).filter(Boolean).slice(-10),hint:`ssh -p ${t.port} ${t.user}@${t.host} 'sh -c "echo works"'`})}async#f(e,t){let n=setInterval(()=>e.write(`alive
`),5e3),i,a=()=>{e.write(`cancel
`),i=setTimeout(()=>this.#m(t),5500)},{signal:o}=this.#t.cancellation;o.aborted?a():o.addEventListener(`abort`,a,{once:!0});try{let t=!1;for await(let n of e.lines){if(t)this.#h(n);else{let e=this.#c(n);t=e===`follow`,e?.startsWith(`bye`)&&(this.#o??=`word to go`)}if(this.#a)break}}finally{clearInterval(n),clearTimeout(i),o.removeEventListener(`abort`,a),e.end()}if(this.#o!==null)throw new r(`CONNECT`,`the ${this.#o} did not arrive whole on ${this.#e.target.host}; nothing was touched`,{hint:`run it again`});if(this.#p)throw this.#_(`CANCELLED`,`the run was cancelled while the server works`)}#p=!1;#m(e){this.#p=!0,e.close()}#h(e){if(!/^\d+ [a-z]/.test(e))return void this.#c(e);if(!e.endsWith(` ;`)&&!e.endsWith(`…`))return;this.#i+=1;let t=Jt(e.replace(/ ;$/,``));t!==null&&(this.#e.onEvent(t),t.kind===`end`&&(this.#a=!0))}async#g(){let{target:e,connect:t,front:n}=this.#e;for(let r of bn){if(this.#t.log.warning(`The connection to ${e.host} was lost; the server goes on alone. Trying again…`),await this.#t.clock.sleep(r),this.#t.cancellation.signal.aborted)throw this.#_(`CANCELLED`,`the run was cancelled while contact was lost`);let i=await t(e).catch(()=>null);if(i!==null){try{let e=await i.start(Kt({...n,verb:`follow`,target:String(this.#i+1)}));await this.#f(Cn(e),i)}finally{i.close()}if(this.#a)return}}throw this.#_(`UNKNOWN`,`contact with ${e.host} was lost and not regained`)}#_(e,t){let{front:n}=this.#e;return new r(e,`${t}; operation ${n.operation} finishes or rolls back there alone`,{hint:`ask later: deploy-action status, or on the server: tail ${n.directory}/.deploy/operations/${n.operation}/journal`})}};const Cn=e=>{let t=e.lines[Symbol.asyncIterator]();return{...e,lines:{[Symbol.asyncIterator]:()=>({next:()=>t.next()})}}},wn=()=>new r(`CANCELLED`,`the run was cancelled before anything was touched`,{hint:`run it again`}),Tn=e=>e.trim().split(`
`).join(`, `),En=e=>{let t=e.trim().split(`
`),n=t.toReversed().map(Jt).find(e=>e?.kind===`end`);return`${t[0]??`unknown`} ${n?.kind===`end`?`ended as ${n.end}`:`could not be settled`}`};var Dn=class{plan=null;imageDigests={};#e;#t=0;#n=0;#r=0;#i=[];#a=null;#o=null;#s=[];#c=[];constructor(e){this.#e=e}transacted(){return this.plan===null?null:{plan:this.plan,end:this.#a??`broken`,failure:this.#o,evidence:this.#s,stopped:this.#c}}take(e){e.kind===`start`?this.#l(e):e.kind===`step`?this.#u(e):e.kind===`done`?this.#d(e,`succeeded`):e.kind===`fail`?this.#f(e):e.kind===`note`?this.#p(e):e.kind===`undo-failed`?this.#m(e.text):e.kind===`end`?this.#a=e.end:this.#e.ports.log.debug(e.kind===`undo`?`undoing: ${e.text}`:e.kind)}#l({at:e,epoch:t}){this.#t=t,this.#n=e}#u({at:e,step:t}){this.#r=e,this.#i=[],this.#e.ports.log.info(`${this.#_(t)}: ${this.#g(t)?.cause??``}`)}#d({at:e,step:t},n){let{facts:r}=this.#e,i={name:this.#_(t),cause:this.#g(t)?.cause??``,start:this.#h(this.#r),duration:e-this.#r,result:n};r.steps=[...r.steps,this.#i.length===0?i:{...i,detail:this.#i.join(`; `)}]}#f(e){let t=Object.hasOwn(n,e.code)?e.code:`BUG`;this.#i.push(e.sentence),this.#o={step:this.#_(e.step),code:t,sentence:e.sentence},this.#e.ports.log.info(`${t}: ${e.sentence}`),this.#d(e,`failed`)}#p({topic:e,name:t,text:n}){let{log:r}=this.#e.ports;if(e===`evidence`)for(let e of n.split(`
`).filter(Boolean).slice(-40))this.#s.push(`${t} | ${e}`);else e===`serving`?this.#e.facts.serving=[At(this.#e.environment().config.host,Y(n).map(an),this.imageDigests)]:e===`stopped`?this.#c.push(t):e===`warning`?r.warning(`${t}: ${n}`):(this.#i.push($(e,t,n)),r.info(`  ${$(e,t,n)}`))}#m(e){this.#s.push(`going back: ${e}`),this.#e.ports.log.info(`going back failed: ${e}`)}#h(e){return new Date(this.#t*1e3+(e-this.#n)).toISOString()}#g(e){return this.plan?.steps[e-1]}#_(e){let t=this.#g(e);return t===void 0?`step ${e}`:U(t)}};const $=(e,t,n)=>e===`gap`?`${t} did not serve for ${n} ms`:e===`health`?`${t} ready: ${n}`:e===`schema`?`schema ${t}: ${n.trim()}`:e===`restored`?`${t}: the previous container serves again`:[e,t,n].filter(Boolean).join(` `),On=async(e,{connect:t,front:n,files:r,decide:i})=>{let{log:a,clock:o}=e.ports,s=new Dn(e),c={connect:t??F(a,o),target:I(e),front:n,files:r,decide:async e=>{let t=await i(e);return t===null?{kind:`leave`}:(s.plan=t.plan,s.imageDigests=e.imageDigests,{kind:`go`,program:t.program,credentials:t.credentials})}};return await xn({...c,onEvent:e=>s.take(e)},e.ports),s.transacted()};export{v as _,Lt as a,Rt as c,I as d,F as f,w as g,ge as h,Ft as i,Bt as l,x as m,Ut as n,zt as o,E as p,It as r,Vt as s,On as t,pt as u,b as v,y};