/** Lets tests import `.sh` files as the bundler does: as a module whose default export is the text. */
export default {
  process: (source) => ({ code: `export default ${JSON.stringify(source)}` }),
}
