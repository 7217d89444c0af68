const { createHash } = require('node:crypto')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

/** What decides, besides a file and Jest's configuration, what TypeScript makes of it. */
const SETTINGS = ['tsconfig.base.json', 'tsconfig.test.json'].map((name) =>
  readFileSync(join(__dirname, '..', name), 'utf8'),
)
const VERSIONS = ['ts-jest', 'typescript'].map((name) => require(`${name}/package.json`).version)

/**
 * ts-jest, loaded only for a file of which Jest has kept nothing. It brings the whole of TypeScript into each process that
 * runs tests, and would be loaded even to tell the name under which Jest keeps what becomes of a file.
 */
exports.createTransformer = (options) => {
  let transformer
  function tsJest() {
    transformer ??= require('ts-jest').default.createTransformer(options)
    return transformer
  }
  return {
    getCacheKey(content, path, { configString, instrument, supportsStaticESM }) {
      const parts = [content, path, configString, instrument, supportsStaticESM, ...SETTINGS, ...VERSIONS]
      return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
    },
    process: (...file) => tsJest().process(...file),
    processAsync: (...file) => tsJest().processAsync(...file),
  }
}
