#!/usr/bin/env node
import module from 'node:module';

// Node 22 keeps compiled code between runs; it has to be told before anything is loaded.
module.enableCompileCache?.();
const { main } = await import('../dist/main.js');

// Whoever reads may stop early (`espalier groups … | head`): that is no failure.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await main(process.argv.slice(2));
