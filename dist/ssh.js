import{o as e}from"./rolldown-runtime.js";import{t}from"./errors.js";import{n}from"./ports.js";import{i as r,r as i}from"./quote.js";import{_ as a,a as o,b as s,c,d as l,f as u,g as d,h as f,l as p,m,o as h,p as g,s as _,u as v,v as y,y as b}from"./server.js";import{setImmediate as x}from"node:timers/promises";import S from"node:net";var C=`isolated() {
  \${time_limit:+timeout} \${time_limit:+-k} \${time_limit:+10} \${time_limit:+"$time_limit"} \\
    env -i PATH="$PATH" HOME="\${HOME:-/}" LC_ALL=C \\
    \${DOCKER_HOST:+"DOCKER_HOST=$DOCKER_HOST"} \${DOCKER_CONTEXT:+"DOCKER_CONTEXT=$DOCKER_CONTEXT"} \\
    \${DOCKER_CONFIG:+"DOCKER_CONFIG=$DOCKER_CONFIG"} \${XDG_RUNTIME_DIR:+"XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"} \\
    \${SSL_CERT_FILE:+"SSL_CERT_FILE=$SSL_CERT_FILE"} \${HTTPS_PROXY:+"HTTPS_PROXY=$HTTPS_PROXY"} \${NO_PROXY:+"NO_PROXY=$NO_PROXY"} \\
    "$@"
}
compose() {
  if [ "$composer" = docker ]; then isolated docker compose "$@"; else isolated "$composer" "$@"; fi
}
composer=docker
find_compose() {
  configuration=\${DOCKER_CONFIG:-\${HOME:-}/.docker}
  if grep -qs cliPluginsExtraDirs "$configuration/config.json"; then return; fi
  for folder in "$configuration" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
    if [ -x "$folder/cli-plugins/docker-compose" ]; then
      composer=$folder/cli-plugins/docker-compose
      return
    fi
  done
}
await_engine() {
  for _ in $(seq 120); do
    engine_answers && return
    sleep 0.5
  done
}
engine_answers() { timeout 10 docker version --format '{{.Server.Version}}' > /dev/null 2>&1; }
engine_mark() {
  engine_socket=\${DOCKER_HOST:-unix:///var/run/docker.sock}
  stat -c '%i %Z' "\${engine_socket#unix://}" 2> /dev/null
}
restarted_since() {
  [ -n "$1" ] || return 1
  for _ in $(seq 20); do
    if [ "$(engine_mark)" != "$1" ]; then
      await_engine
      return 0
    fi
    sleep 0.5
  done
  return 1
}
patiently() {
  "$@" && return
  set -- "$?" "$@"
  if engine_answers; then return "$1"; fi
  await_engine
  shift
  "$@"
}
CONTAINER='{"id":{{json .ID}},"name":{{json .Name}},"service":{{json (index .Config.Labels "com.docker.compose.service")}},"oneoff":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"operation":{{json (index .Config.Labels "deploy-action.operation")}},"image":{{json .Config.Image}},"imageId":{{json .Image}},"state":{{json .State.Status}},"started":{{json .State.StartedAt}},"restarts":{{.RestartCount}},"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}},"policy":{{json .HostConfig.RestartPolicy.Name}},"hostname":{{json .HostnamePath}},"ports":{{json .HostConfig.PortBindings}},"mounts":{{json .Mounts}}}'
containers() {
  inspect_containers $(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project")
}
inspect_containers() { [ $# = 0 ] || docker inspect --format "$CONTAINER" "$@"; }
of_services() {
  patiently docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" \\
    --filter label=com.docker.compose.oneoff=False --format '{{.Label "com.docker.compose.service"}} {{.ID}}'
}
only_of() { awk -v service="$1" '$1 == service { print $2 }'; }
remove_containers() { [ $# = 0 ] || patiently docker rm --force "$@" > /dev/null 2>&1; }
of_service() {
  patiently docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \\
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False
}`;const w={connectTimeoutMs:1e4,authenticationTimeoutMs:2e4,backoffMs:[500,2e3],keepaliveMs:5e3,keepaliveMisses:3,maxLineBytes:65536,maxQueuedBytes:1048576,maxStderrBytes:65536};var T=class{#e;#t;#n=[];#r=0;#i=0;#a=!1;#o=!1;#s=!1;#c=()=>{};constructor(e,t){this.#e=e,this.#t=t}push(e){if(!(this.#s||e.length===0)){for(let t of e)this.#n.push(t),this.#i+=t.length+64;!this.#a&&this.#i>this.#t&&(this.#a=!0,this.#e.pause()),this.#c()}}end(){this.#o=!0,this.#c()}async*[Symbol.asyncIterator](){try{for(;;){let e=this.#l();if(e!==void 0)yield e;else if(this.#o)return;else await new Promise(e=>this.#c=e)}}finally{this.#u()}}#l(){let e=this.#n[this.#r];if(e!==void 0)return this.#r+=1,this.#i-=e.length+64,(this.#r===this.#n.length||this.#r>=4096)&&(this.#n=this.#n.slice(this.#r),this.#r=0),this.#i<this.#t/2&&this.#d(),e}#u(){this.#s=!0,this.#n=[],this.#r=0,this.#i=0,this.#d()}#d(){this.#a&&(this.#a=!1,this.#e.resume())}};const E=(e,t,n)=>{let i=new r(n.maxStderrBytes);return e.stderr.on(`data`,e=>i.push(e)),e.on(`error`,()=>{}),{write:t=>{e.writable&&e.write(t)},end:()=>{e.writable&&e.end()},lines:O(e,t.socket,n),stderr:()=>i.text(),ended:A(e,t)}},D=e=>({write:()=>{},end:()=>{},lines:(async function*(){})(),stderr:()=>``,ended:Promise.resolve({kind:`lost`,reason:e})}),O=(e,t,n)=>{let r=new i(n.maxLineBytes),a=new T(k(e,t),n.maxQueuedBytes);return e.on(`data`,e=>a.push(r.push(e))),e.once(`end`,()=>{a.push(r.end()),a.end()}),a},k=(e,t)=>(t.on(`data`,()=>{e.isPaused()&&e.readableLength>8388608&&t.pause()}),{pause:()=>e.pause(),resume:()=>{e.resume(),t.isPaused()&&t.resume()}}),A=(e,{client:t,whyLost:n})=>new Promise(r=>{let i=null;e.once(`exit`,(e,t)=>{i=e===null?{kind:`signal`,signal:t??`unknown`}:{kind:`exit`,code:e}}),e.once(`close`,()=>r(i??{kind:`lost`,reason:`the server closed the channel without telling how the command ended`})),t.once(`close`,()=>r(i??{kind:`lost`,reason:n()}))}),j=(e,t)=>{let n=t(e.reveal()),r=Array.isArray(n)?n[0]:n;if(r instanceof Error)throw F(r.message);if(!r.isPrivateKey())throw F(`it is a public key`);let i=r.getPublicSSH();if(!M(r,e.reveal(),i))throw F(`it is damaged: its public and private halves do not belong together`);return{key:P(r),type:r.type,fingerprint:d(i),publicLine:`${r.type} ${i.toString(`base64`)}`}},M=(e,t,n)=>{let r=N(t);if(r!==null&&!r.equals(n))return!1;let i=Buffer.from(`the halves of a key`),a=e.type===`ssh-rsa`?`sha512`:void 0;try{let t=e.sign(i,a);return Buffer.isBuffer(t)&&e.verify(i,t,a)===!0}catch{return!1}},N=e=>{let[,t]=/^-----BEGIN OPENSSH PRIVATE KEY-----\n([\s\S]+?)\n-----END/.exec(e)??[];if(t===void 0)return null;let n=Buffer.from(t,`base64`),r=15;for(let e=0;e<3;e++)r+=4+n.readUInt32BE(r);return r+=4,n.subarray(r+4,r+4+n.readUInt32BE(r))},P=e=>{let t=e.sign.bind(e),n=/* @__PURE__ */ Error(`the server asks for an RSA signature with SHA-1`);return e.sign=(e,r)=>r===`sha1`?n:t(e,r),e},F=e=>new t(`CONFIG`,`the SSH key cannot be used: ${e}`,{hint:`ssh-keygen -y -f FILE
by hand: give the whole private key file, from -----BEGIN to -----END, without a passphrase`}),I=(e,t)=>{let n=S.connect({host:o(e.address??e.host),port:e.port,noDelay:!0,autoSelectFamilyAttemptTimeout:2500});return n.on(`error`,()=>{}),{socket:n,failure:new Promise(r=>{let i=setTimeout(()=>{r(L(e,t)),n.destroy()},t),a=e=>{clearTimeout(i),r(e)};n.once(`connect`,()=>a(null)),n.once(`error`,t=>a(z(e,t)))})}},L=(e,t)=>({stage:`tcp`,sentence:`${l(e)} does not answer within ${t/1e3} s`,detail:``}),R={ECONNREFUSED:`refuses the connection`,ECONNRESET:`resets the connection`,ETIMEDOUT:`does not answer`,EHOSTUNREACH:`has no route to it`,ENETUNREACH:`has no route to it`},z=(e,t)=>{let n=B(t);return t.syscall===`getaddrinfo`?{stage:`name`,sentence:`the name ${o(e.host)} does not resolve`,detail:n}:{stage:`tcp`,sentence:`${l(e)} ${R[t.code??``]??`cannot be connected to`}`,detail:n}},B=e=>e instanceof AggregateError?e.errors.map(e=>e.message).join(`; `):e.message,V=async(e,t,r)=>{let i=performance.now(),{socket:a,failure:o}=I(e,r.connectTimeoutMs);try{await x();let[s,c]=await Promise.all([H(),o]);if(c)return{kind:`unreachable`,failure:c};let l=e.key instanceof n?j(e.key,s.parseKey):e.key,u=Math.max(1,r.connectTimeoutMs-(performance.now()-i));return await new U(e,l,a,{...r,connectTimeoutMs:u}).run(new s.NodeSSH,t)}catch(e){throw a.destroy(),e}},H=async()=>{let{NodeSSH:t}=await import(`./esm.js`),{default:n}=await import(`./lib3.js`).then(t=>/* @__PURE__ */ e(t.default,1));return{NodeSSH:t,parseKey:n.utils.parseKey}};var U=class{#e;#t;#n;#r;#i=null;#a=!1;#o=!1;#s=!1;#c=!1;#l=null;#u=!1;#d=``;#f=null;#p;constructor(e,t,n,r){this.#e=e,this.#t=t,this.#n=n,this.#r=r}async run(e,t){this.#v(this.#r.connectTimeoutMs);let n=e.connect(this.#m(t)),r=e.connection;r&&this.#_(r);try{await n}catch(e){return this.#n.destroy(),this.#b(this.#f??e)}finally{clearTimeout(this.#p)}return this.#y(r)}#m(e){return{sock:this.#n,username:this.#e.user,authHandler:this.#g,hostVerifier:e=>this.#h(e),algorithms:{serverHostKey:f(e),hmac:[`hmac-sha2-256-etm@openssh.com`,`hmac-sha2-512-etm@openssh.com`,`hmac-sha2-256`,`hmac-sha2-512`],compress:[`none`]},keepaliveInterval:this.#r.keepaliveMs,keepaliveCountMax:this.#r.keepaliveMisses,readyTimeout:0}}#h(e){return this.#i=a(e),this.#a=y(e,this.#e.pins),this.#a}#g=(e,t,n)=>{let r=this.#e.user;return this.#s?(this.#l=e,this.#u=t===!0,n(!1)):(this.#s=!0,`socket`in this.#t?n({type:`agent`,username:r,agent:this.#t.socket}):n({type:`publickey`,username:r,key:this.#t.key}))};#_(e){e.on(`error`,e=>{this.#f??=e}),e.on(`banner`,e=>{this.#d=`${this.#d}${e}`.slice(0,4096)}),e.once(`handshake`,()=>{this.#o=!0,this.#v(this.#r.authenticationTimeoutMs)})}#v(e){clearTimeout(this.#p),this.#p=setTimeout(()=>{this.#c=!0,this.#n.destroy()},e)}#y(e){this.#f=null;let t=this.#i??{type:`unknown`,fingerprint:``};return{kind:`open`,session:{client:e,socket:this.#n,hostKey:t,whyLost:()=>_(this.#e,this.#f,this.#r)}}}#b(e){if(this.#i&&!this.#a)return{kind:`wrong-host-key`,offered:this.#i};if(e.level===`client-authentication`)return{kind:`refused`,error:this.#x(e)};if(`socket`in this.#t&&e.level===`agent`)return{kind:`refused`,error:c(this.#e,this.#t,e.message)};if(this.#o)return{kind:`lost-in-authentication`,failure:this.#S(`authentication`,e)};if(this.#n.bytesRead===0)return{kind:`unreachable`,failure:this.#S(`banner`,e)};let t=this.#S(`key exchange`,e);return e.level===`handshake`?{kind:`incompatible`,failure:t}:{kind:`unreachable`,failure:t}}#x(e){let t=this.#l===null?e.message:``;return u(this.#e,this.#t,{methods:this.#l,partial:this.#u,banner:this.#d,detail:t})}#S(e,t){return this.#c?g(this.#e,e,this.#r):h(this.#e,e,t.message)}};const W=(e,t,n=w)=>async r=>{let i=await G(r,{log:e,clock:t,limits:n});return e.debug(`connected to ${r.user}@${l(r)}, host key ${i.hostKey.type} ${i.hostKey.fingerprint}`),J(r,i,n)},G=async(e,t)=>{let n=[],r=/* @__PURE__ */ new Set;for(let i=s(e.pins);;i=b(r)){let{attempt:a,failures:o}=await q(e,i,t);if(a.kind===`open`)return a.session;if(a.kind===`refused`)throw a.error;a.kind===`wrong-host-key`&&n.push(a.offered);for(let e of a.kind===`wrong-host-key`?[a.offered.type]:i)r.add(e);if(!K(a,e,n,r))throw n.length>0?m(e,n):v(e,o)}},K=(e,{pins:t},n,r)=>b(r).length===0?!1:e.kind===`wrong-host-key`?t.fingerprints.length>0:e.kind===`incompatible`&&n.length===0,q=async(e,t,{log:n,clock:r,limits:i})=>{let a=[];for(let o=0;;o+=1){let s=await V(e,t,i);`failure`in s&&a.push(s.failure);let c=i.backoffMs[o];if(s.kind!==`unreachable`||c===void 0)return{attempt:s,failures:a};n.info(`${s.failure.sentence}; next attempt in ${c/1e3} s`),await r.sleep(c)}},J=(e,t,n)=>{let{client:r,socket:i}=t,a=!1,o=()=>a?`we closed the connection`:t.whyLost(),s=i.destroyed?o():null;return r.once(`close`,()=>{s=o()}),{start:r=>s===null?Y(r,e,{...t,whyLost:o},n):Promise.resolve(D(s)),close:()=>{a||s!==null||(a=!0,i.once(`finish`,()=>i.destroy()),r.end(),setTimeout(()=>i.destroy(),1e3).unref())}}},Y=(e,t,n,r)=>new Promise((i,a)=>{let{client:o}=n,s=()=>i(D(n.whyLost()));o.once(`close`,s);try{o.exec(e,(e,c)=>{o.off(`close`,s),e?a(p(t,e.message)):i(E(c,n,r))})}catch{n.socket.destroy()}});export{j as n,C as r,W as t};