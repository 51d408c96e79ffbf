#!/usr/bin/env node
import"./rolldown-runtime.js";const e=process.argv.slice(2),{runInTerminal:t}=await import(`./terminal-front.js`);process.exit(await t(e));export{};