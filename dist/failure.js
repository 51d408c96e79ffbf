const e=e=>e===null?[]:e.split(`
`),t=t=>e(t).map(e=>`Next: ${e}`),n=({evidence:e=[],places:t=[]})=>{let n=new Set(t.map(e=>`${e.file}:${e.line}:${e.column}: ${e.message}`)),r=e.filter(e=>!n.has(e)).flatMap(e=>e.split(`
`));return r.length<=60?r:[`… ${r.length-60} lines before these`,...r.slice(-60)]};export{t as n,e as r,n as t};