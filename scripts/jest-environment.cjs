const async_hooks = require('node:async_hooks')
const { setFlagsFromString } = require('node:v8')
const vm = require('node:vm')
const { TestEnvironment } = require('jest-environment-node')
const { compileOnce } = require('./jest-compiled.cjs')

const { AsyncLocalStorage } = async_hooks
const { createContext } = vm
const node = Number.parseInt(process.versions.node, 10)
const storagesStay = node < 24
const lastFile = { registries: [] }

// V8 would keep what it has compiled together with the import() of its file, and all that this has loaded. jest-compiled
// keeps what another file can use.
setFlagsFromString('--no-compilation-cache')

// Some files collect garbage, and set this for it: what was compiled before would be refused, as made under other flags.
setFlagsFromString('--expose-gc')

// What a file makes hot is compiled anew for the next file: to let V8 optimize only what runs eight times as long as
// it would wait for saves a seventh of the processor's time. The V8 of later versions does not have the flag.
if (node < 22) setFlagsFromString('--interrupt-budget=1000000')

/**
 * Node's environment, but with an ordinary global object. Jest's own is a proxy behind an interceptor of Node's, through
 * which every `Map`, `Error` and `undefined` of the tests would be read: a quarter of the processor's time.
 *
 * A FinalizationRegistry that is collected after V8 has planned to call it back, and before it has, would be the last one
 * of the process that is ever called back: V8's task finds nothing to do, and doesn't say that it is over. So those of a
 * file stay until the next file has ended.
 *
 * Each file leaves it as it was. Two things would stay in memory, and slow every later file:
 *
 * - An AsyncLocalStorage that has been run stays in Node's list, and every promise of later files would be entered
 *   into it. From Node 24 on there is no such list.
 * - A module that was linked since another imports it holds those that it imports itself, where nothing but Node sees
 *   them; to instantiate it, which is done already, makes it let go.
 */
module.exports = class extends TestEnvironment {
  #storages = []
  #modules = []
  #compileAlways
  #registries = []

  constructor(config, context) {
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY)
    try {
      super(config, context)
    } finally {
      vm.createContext = createContext
    }
  }

  async setup() {
    await super.setup()
    const registries = this.#registries
    this.global.FinalizationRegistry = class extends this.global.FinalizationRegistry {
      constructor(cleanup) {
        super(cleanup)
        registries.push(this)
      }
    }
    const storages = this.#storages
    if (storagesStay)
      setStorage(
        class extends AsyncLocalStorage {
          constructor(...options) {
            super(...options)
            storages.push(this)
          }
        },
      )
    this.#compileAlways = compileOnce((module) => this.#modules.push(module))
  }

  async teardown() {
    if (storagesStay) setStorage(AsyncLocalStorage)
    for (const storage of this.#storages.splice(0)) storage.disable()
    this.#compileAlways()
    for (const module of this.#modules.splice(0)) letGoOfImports(module)
    await super.teardown()
    lastFile.registries = this.#registries
  }
}

/** The property has a getter only, from Node 22 on. */
function setStorage(value) {
  Object.defineProperty(async_hooks, 'AsyncLocalStorage', { value, configurable: true, writable: true })
}

function letGoOfImports(module) {
  const inner = Object.getOwnPropertySymbols(module).find(({ description }) => description === 'kWrap')
  if (module.status === 'linked' || module.status === 'evaluated') module[inner]?.instantiate?.()
}
