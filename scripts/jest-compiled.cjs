const { cachedDataVersionTag } = require('node:v8')
const vm = require('node:vm')

const { SourceTextModule, compileFunction } = vm

/** What has been compiled in this process: by its file, V8's flags, and for functions the names of what they take. */
const compiled = new Map()

/** An expression, and no method of that name, which is called with a dot and begins its line. */
const DYNAMIC_IMPORT = /(?<!\.)\bimport\s*\((?<!^ *import\((?=[\w, ]*\) \{$))/m

/**
 * Parts of Jest that only print messages, keep snapshots, or draw numbers: none asks a value which global object it comes
 * from, as what compares and prints values does. So one of each does for all the files of a process.
 */
const SHARED = /[\\/](jest-message-util|jest-snapshot|pure-rand)[\\/](build|lib)[\\/][^\\/]+\.js$/

/**
 * Lets V8 compile a file once in a process, although each test file has modules of its own: a third of what it costs to
 * load them. Not those that import while they run, since V8 would not know on whose behalf. What is shared is not even
 * loaded anew.
 *
 * @param onModule called with each module that is made
 * @returns leaves `node:vm` as it was
 */
exports.compileOnce = (onModule) => {
  vm.SourceTextModule = class extends SourceTextModule {
    constructor(source, options) {
      const { cachedData, keep } = cacheOf(options.identifier, source)
      super(source, { ...options, cachedData })
      keep?.(() => this.createCachedData())
      onModule(this)
    }
  }
  vm.compileFunction = (source, parameters, options) => {
    if (SHARED.test(options.filename)) return shareExports
    const { cachedData, keep } = cacheOf(`${options.filename} ${parameters}`, source)
    const compiledFunction = compileFunction(source, parameters, {
      ...options,
      cachedData,
      produceCachedData: keep !== undefined,
    })
    keep?.(() => compiledFunction.cachedData)
    return compiledFunction
  }
  return () => Object.assign(vm, { SourceTextModule, compileFunction })
}

function shareExports(module) {
  module.exports = require(module.filename)
}

/** What is known of a source, or else how to keep what V8 makes of it; nothing of one that imports while it runs. */
function cacheOf(name, source) {
  // Data of other flags would be refused: some tests set them.
  const key = `${cachedDataVersionTag()} ${name}`
  const known = compiled.get(key)
  if (known?.source === source) return { cachedData: known.data }
  if (!DYNAMIC_IMPORT.test(source)) return { keep: (data) => compiled.set(key, { source, data: data() }) }
  compiled.set(key, { source, data: undefined })
  return {}
}
