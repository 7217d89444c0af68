export * from '@skein/channels'
