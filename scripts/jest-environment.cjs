const async_hooks = require('node:async_hooks')
const { TestEnvironment } = require('jest-environment-node')

const { AsyncLocalStorage } = async_hooks

/**
 * Node's environment, and each file leaves it as it was. An AsyncLocalStorage that has been run stays in Node's list:
 * every promise of later files would be entered into it, and all that its file has loaded would stay in memory.
 */
module.exports = class extends TestEnvironment {
  #storages = []

  async setup() {
    await super.setup()
    const storages = this.#storages
    async_hooks.AsyncLocalStorage = class extends AsyncLocalStorage {
      constructor(...options) {
        super(...options)
        storages.push(this)
      }
    }
  }

  async teardown() {
    async_hooks.AsyncLocalStorage = AsyncLocalStorage
    for (const storage of this.#storages) storage.disable()
    await super.teardown()
  }
}
