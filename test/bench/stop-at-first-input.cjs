// Preloaded: ends the process when the first input is read. Node, the entry and nothing else were loaded until then.
const inherited = process.env
const env = new Proxy(inherited, {
  get(variables, name) {
    if (typeof name === 'string' && name.startsWith('INPUT_')) process.reallyExit(0)
    return variables[name]
  },
})
Object.defineProperty(process, 'env', { configurable: true, value: env })
