// What the espalier package offers to programs: the command line as a function.
export * from './main.ts';
