/* SPDX-License-Identifier: LGPL-3.0-or-later */

int an_object_without_flux_plugin_init = 1;
