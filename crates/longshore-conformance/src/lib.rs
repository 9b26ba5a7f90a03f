//! The cases every storage of Longshore must pass, a model to compare with, and disposable databases.
