const { sep } = require('node:path')

const inDependency = `${sep}node_modules${sep}`

/** Our sources import each other as `./name.js`, the file that will be there; while testing it is `./name.ts`. */
module.exports = (request, options) => {
  const ours = /^\.{1,2}\/.*\.js$/.test(request) && !options.basedir.includes(inDependency)
  if (ours) {
    try {
      return options.defaultResolver(request.replace(/\.js$/, '.ts'), options)
    } catch {
      // A file that is JavaScript indeed.
    }
  }
  return options.defaultResolver(request, options)
}
