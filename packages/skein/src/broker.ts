export * from '@skein/broker'
