import{l as e}from"./unready.js";import{n as t}from"./wanted.js";import{t as n}from"./first-start.js";import{i as r,n as i,t as a}from"./shared-stack.js";import{L as o,S as s,T as c,c as l,d as u,f as ee,l as d,n as f,o as p,s as m,u as h,w as te}from"./stack.js";import{a as g,c as _,f as v,l as y,m as b,p as ne}from"./source-tree.js";import{n as re}from"./hosts.js";import{a as ie,i as ae,n as oe,o as x}from"./seed-files.js";import{n as se}from"./cross-checks.js";import{t as ce}from"./images.js";import{t as S}from"./errors.js";import{a as C,c as w,i as T,l as E,n as D,o as O,r as k,s as A}from"./transact.js";import{t as j}from"./database-servers.js";import{a as M,n as N,t as P}from"./readiness.js";import{i as F,n as I,r as L,t as R}from"./compile.js";import{n as z}from"./quote.js";import{r as B}from"./server.js";import{createHash as V}from"node:crypto";import{posix as H}from"node:path";var U=`look_over() {
  over_place=$over_directory
  over_work=$(mktemp -d) || return
  over_directory=$over_work/project
  mkdir "$over_directory"
  overlaid "$over_place" "$1" "$over_directory"
  {
    compose_at "$@" 2> "$over_work/said"
    printf '%s' "$?" > "$over_work/status"
  } | sed "s|$over_directory|$over_place|g"
  over_status=$(cat "$over_work/status")
  sed "s|$over_directory|$over_place|g" "$over_work/said" >&2
  rm -rf "$over_work"
  return "$over_status"
}
overlaid() (
  for one in "$1"/* "$1"/.[!.]*; do
    name=\${one##*/}
    if [ -d "$2/$name" ] && [ -d "$one" ]; then
      mkdir "$3/$name"
      overlaid "$one" "$2/$name" "$3/$name"
    elif [ -e "$one" ] && ! [ -e "$2/$name" ]; then
      ln -s "$one" "$3/$name"
    fi
  done
  for one in "$2"/* "$2"/.[!.]*; do
    if [ -e "$one" ] && ! [ -e "$3/\${one##*/}" ]; then cp -R "$one" "$3/\${one##*/}"; fi
  done
)`;const W=`# How compose is called for this release. FILES: folder of the project's files, PINS: folder of the pins.
`,G=e=>`${W}compose_over() {
${K(e,z(e.directory))}}
`,le=e=>`${W}compose_over() {
  over_directory=${z(e.directory)}
  if [ -n "$3" ] || [ "$1" = "\${stage:-}/project" ]; then look_over "$@"; else compose_at "$@"; fi
}
compose_at() {
${K(e,`"$over_directory"`)}}
${U}`,K=({project:e,directory:t,environmentFile:n,files:r,profiles:i,pin:a},o)=>{let s=z(`${t}/${n}`);return`  over_files=$1 over_pins=$2 over_probe=$3
  shift 3
  over_env=
  if [ -e ${s} ]; then over_env=${s}; fi
  compose --project-name ${z(e)} --project-directory ${o} \\
    \${over_env:+--env-file} \${over_env:+"$over_env"}${a===`env`?` --env-file "$over_pins/pin.env"`:``} \\
    ${r.map(e=>`--file "$over_files"/${z(e)}`).join(` `)}${a===`override`?` --file "$over_pins/pin.yml"`:``} \\
    \${over_probe:+--file} \${over_probe:+"$over_probe"}${i.map(e=>` --profile ${z(e)}`).join(``)} "$@"
`},ue=(e,t)=>{let n=e(t);return n.catch(()=>{}),{connect:t=>{let r=n;return n=null,r??e(t)},abandon:()=>{n?.then(e=>e.close(),()=>{}),n=null}}},q=({config:e,request:t,environment:n})=>{let{required:r,requiredIf:i}=n().config.env,a=t.noSeed?[]:e.seed.flatMap(({http:e})=>e?.bearer??[]);return{required:[.../* @__PURE__ */ new Set([...r,...a])],requiredIf:i}},de=e=>{let t=Buffer.from(D({[k]:T(e.backup,!1)})).toString(`base64`);return[`front ${J(C)} ${t}`,`rooms ${J(fe(e))}`,`keep ${e.keep}`,...[.../* @__PURE__ */ new Set([...pe(e).map(R),...me(e)])].map(e=>`text ${J(e)}`),``].join(`
`)},J=e=>V(`sha256`).update(e).digest(`hex`),fe=e=>{let t=L({kind:`rollback`,release:`1-0000000`,previous:null,fallback:null,steps:[]},{directory:`/`,project:``,operation:``,environmentFile:``,compose:`. "$operation/stage/compose.sh"`,schema:``,database:e.backup,record:{stack:{}}});return t.slice(t.indexOf(F[0]??``),t.indexOf(`
# nothing was deployed here before
`))},pe=e=>[{kind:`auto`},...Object.keys(e.services).map(t=>M(P(e,t),void 0).ask),...Object.values(j).map(e=>({kind:`exec`,argv:e})),...e.smoke.map(({http:e,run:t})=>e===void 0?{kind:`exec`,argv:t??[]}:N(e))],me=e=>[...e.migrate===void 0?[]:o(e.migrate).first.map(e=>I(e,1)),...e.smoke.map(({name:e,service:t,retries:n,timeout:r})=>I({kind:`smoke`,cause:``,name:e,service:t,ask:{kind:`auto`},retries:n,timeout:r},1).replace(/ ready_1$/,``))],he=(e,t,n)=>[...ge(e,t),..._e(e,t),...ve(e,t,n),...ye(e,t,n)],ge=({config:e,placeOf:t},n)=>{let r=[...Object.keys(e.services).map(e=>[[`services`,e],e]),...Object.entries(e.services).flatMap(([e,{after:t}])=>(t??[]).map((t,n)=>[[`services`,e,`after`,n],t])),...e.migrate===void 0?[]:[[[`migrate`,`service`],e.migrate.service]],...e.backup===void 0?[]:[[[`backup`,`service`],e.backup.service]],...e.seed.map(({service:e},t)=>[[`seed`,t,`service`],e]),...e.compose.elsewhere.map((e,t)=>[[`compose`,`elsewhere`,t],e]),...e.smoke.map(({service:e},t)=>[[`smoke`,t,`service`],e])],i=n.map(({name:e})=>e);return r.filter(([,e])=>!i.includes(e)).map(([e,n])=>t(e,`no compose file has a service ${n}; there are ${i.join(`, `)}`))},_e=({config:e,placeOf:t},n)=>{let r=[...new Set(n.flatMap(({profiles:e})=>e))];return e.compose.profiles.flatMap((e,n)=>r.includes(e)?[]:[t([`compose`,`profiles`,n],`no service has the profile ${e}${r.length===0?``:`; there are ${r.join(`, `)}`}`)])},ve=({config:{compose:e}},t,n)=>t.filter(({name:t,hasBuild:r,image:i,profiles:a})=>r&&(i===null||!b(i).includes(`/`))&&n[t]===void 0&&!e.elsewhere.includes(t)&&(a.length===0||a.some(t=>e.profiles.includes(t)))).map(({name:e,file:t,line:n,column:r})=>({file:t,line:n,column:r,message:`service ${e} is built, but by no image of the config: add it to \`images\`, or to \`compose.elsewhere\` where another repository ships it`})),ye=({config:e,placeOf:t},n,r)=>{let i=n.filter(({name:e})=>r[e]!==void 0).flatMap(e=>e.mounts);return e.compose.dropBinds.flatMap((e,n)=>i.some(t=>_(t,e))?[]:[t([`compose`,`dropBinds`,n],`no service that runs an image of ours mounts ${e}`)])},Y=e=>{let{config:t}=e,n=be(e,x(e.project,[...t.compose.files,...t.compose.sync,...oe(e)])),r=v(Object.fromEntries(t.compose.files.map(e=>[e,n[e]?.content.toString()??``])),e=>n[e]?.content.toString()),i={};for(let n of Object.keys(t.images))i[n]=ce(t,n,e.commit.repository?.split(`/`)[0]??null,e.request.registry);let a=O(t,e.placeOf,r,i),o=[...a.problems,...he(e,r,a.services)];if(o.length>0)throw new S(`CONFIG`,o.length===1?o[0]?.message??``:`${o.length} things in the config and the compose files do not fit together`,{places:o});return{files:n,declared:r,ownership:a.services,contents:ie(e)}},be=({config:e,ports:t},n)=>{let r=se(e),i=Object.create(null);for(let[e,a]of Object.entries(n))r.includes(H.normalize(e))?t.log.info(`${e} is not brought: the server's environment file is its own`):i[e]=a;return i},xe=(e,t,n)=>{let{config:r}=e,i=e.environment().config,a=Object.fromEntries(Object.entries(n).map(([e,{reference:t}])=>[e,t])),o={};for(let[e,{content:n}]of Object.entries(t.files))o[`project/${e}`]=n;o.executables=Object.keys(t.files).filter(e=>t.files[e]?.executable).map(e=>`${e}\n`).join(``),o[`compose.sh`]=(ne(Ce(r,t),Object.keys(t.files))?le:G)({project:r.project,directory:i.path.replace(/\/+$/,``),environmentFile:i.env.file,...r.compose}),r.compose.pin===`override`?o[`pin.yml`]=w(t.ownership,a,t.declared,y(t.declared,t.ownership,r.compose.dropBinds)):o[`pin.env`]=A(r,a);let{match:s,changed:c,example:l}=i.env,u=[...Object.entries(s).map(([e,t])=>`match ${e} ${t}\n`),...c.map(e=>`changed ${e}\n`)];return u.length>0&&(o[`env-checks`]=u.join(``)),c.length>0&&l!==void 0&&(o[`example.env`]=x(e.project,[l])[l]?.content??``),o[`rollback-key`]=de(r),o[`probe.yml`]=E(Se(t,r.compose.profiles),q(e),t.declared),o},Se=({ownership:e,declared:t},n)=>{let r=Object.keys(e);return r.find(e=>{let r=t.find(({name:t})=>t===e)?.profiles??[];return r.length===0||n.includes(`*`)||r.some(e=>n.includes(e))})??r[0]??``},Ce=({compose:e},{files:t})=>e.files.flatMap(e=>t[e]?.content.toString()??[]),X=(...e)=>{let t=e.flatMap(e=>{try{return e(),[]}catch(e){if(!(e instanceof S)||e.code!==`CONFIG`)throw e;return[e]}}),[n,...r]=t;if(n!==void 0)throw r.length===0?n:new S(`CONFIG`,t.map(({message:e})=>e.replace(/^CONFIG: /,``)).join(`; `),{hint:t.flatMap(({details:e})=>e.hint??[]).join(`
`)||void 0,evidence:t.flatMap(({details:e})=>e.evidence??[]),places:t.flatMap(({details:e})=>e.places??[])})},we=e=>(X(...re(e).map(e=>()=>B(e.context)),()=>h(e),()=>ae(e),()=>Y(e)),Y(e)),Te=t=>ue(e(t.ports.log,t.ports.clock),B(t)),Ee=async(e,n)=>{let r=await t(e);return e.facts.images=r,Z(e,n,r)},Z=(e,t,n)=>{let r=g(y(t.declared,t.ownership,e.config.compose.dropBinds)),i=Object.fromEntries(t.declared.flatMap(({name:e,sets:t})=>t===void 0?[]:[[e,t]]));return{images:n,ownership:t.ownership,containerNames:Q(t),contents:t.contents,without:r,sets:i}},Q=({declared:e})=>Object.fromEntries(e.flatMap(({name:e,containerName:t})=>t===null?[]:[[e,t]])),De=async(e,t,n,r)=>{let i=a(e,n,t.ownership);f(e,i);let o=p(e,i,t,q(e));return{...await $(e,t,i,o,r),model:o,observed:i}},$=async(e,t,a,o,f)=>{i(e,a,t.ownership),u(e,o,t),l(e,o,t,a),d(e,a),await ee(e,s(a));let p=Oe(t,o),h=te({kind:`deploy`,config:e.config,...p,commit:e.commit.sha,path:e.environment().config.path.replace(/\/+$/,``),seeds:!e.request.noSeed,contents:t.contents,record:null,...f},o,a);m(e,h,o,a);let g=c(e.config,h);for(let r of[...g===null?[]:[g],...n(h.steps,o,a,t.sets??{})])e.ports.log.warning(r);return{plan:f===void 0?h:r(h),wanted:p}},Oe=(e,t)=>({...e,containerNames:Object.fromEntries(Object.entries(e.containerNames).map(([e,n])=>[e,t.services[e]?.containerName??n]))});export{we as a,Y as c,G as d,De as i,xe as l,Q as n,Ee as o,$ as r,Z as s,Te as t,q as u};