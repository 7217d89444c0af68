const { createHash } = require('node:crypto')
const { transformSync, version } = require('esbuild')

const SETTINGS = { loader: 'ts', format: 'esm', target: 'node20.19', sourcemap: 'inline' }

/** Takes the types out of a file, as for dist. They are not looked at: `npm test` has tsc do that. */
module.exports = {
  getCacheKey: (source, path) =>
    createHash('sha256')
      .update([version, JSON.stringify(SETTINGS), path, source].join('\0'))
      .digest('hex'),
  process: (source, path) => transformSync(source, { ...SETTINGS, sourcefile: path }),
}
